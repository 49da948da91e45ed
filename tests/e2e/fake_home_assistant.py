# SPDX-License-Identifier: MIT
"""A Home Assistant as far as fithome speaks with one: a websocket, a token, statistics of hours; and how it fails."""
import base64
import datetime
import hashlib
import json
import socket
import struct
import threading

TOKEN = "a.long-lived.token"


class Gone(Exception):
    """The one at the other end has closed."""


class Connection:
    def __init__(self, one):
        self.socket = one
        self.stream = one.makefile("rb")

    def shake_hands(self):
        head = {}
        request = self.stream.readline().decode()
        while (line := self.stream.readline().decode().strip()):
            name, _, value = line.partition(":")
            head[name.lower()] = value.strip()
        if not head:
            raise Gone
        key = head["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.socket.sendall(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        return request

    def frame(self, opcode, payload, last=True):
        size = len(payload)
        head = bytes([opcode | (0x80 if last else 0)])
        head += bytes([size]) if size < 126 else struct.pack(">BH", 126, size) if size < 65536 else struct.pack(">BQ", 127, size)
        self.socket.sendall(head + payload)

    def send(self, text, pieces=1):
        data = text.encode()
        step = -(-len(data) // pieces) or 1
        parts = [data[at:at + step] for at in range(0, len(data), step)] or [b""]
        for n, part in enumerate(parts):
            self.frame(1 if n == 0 else 0, part, n == len(parts) - 1)
            if pieces > 1:
                self.frame(9, b"are you there")  # a ping between two pieces

    def receive(self):
        """The next message; answers to pings are no messages."""
        text = b""
        while True:
            head = self.stream.read(2)
            if len(head) < 2:
                raise Gone
            size = head[1] & 0x7F
            if size >= 126:
                size = int.from_bytes(self.stream.read(2 if size == 126 else 8), "big")
            mask = self.stream.read(4)
            payload = bytes(byte ^ mask[n % 4] for n, byte in enumerate(self.stream.read(size)))
            if head[0] & 0xF == 8:
                raise Gone
            if head[0] & 0xF in (0, 1, 2):
                text += payload
                if head[0] & 0x80:
                    return text.decode()


class FakeHomeAssistant:
    """rows[statistic][start in milliseconds] = (state, sum). What is set in `does` replaces the answer to a type."""

    def __init__(self):
        self.version = "2026.11.0"
        self.rows, self.metadata, self.asked, self.does = {}, {}, [], {}
        self.registry = []  # of entities
        self.pieces = 1
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def stop(self):
        self.listener.close()

    def serve(self):
        while True:
            try:
                one, _ = self.listener.accept()
            except OSError:
                return
            with one:
                try:
                    self.talk(Connection(one))
                except (Gone, OSError):
                    pass

    def talk(self, connection):
        if raw := self.does.get("connect"):
            connection.stream.readline()
            connection.socket.sendall(raw)
            return
        self.asked.append(connection.shake_hands().split()[1])
        connection.send(json.dumps({"type": "auth_required", "ha_version": self.version}))
        while True:
            request = json.loads(connection.receive())
            self.asked.append(request["type"])
            if (instead := self.does.get(request["type"])) is not None:
                if instead == "close":
                    return
                connection.send(instead if isinstance(instead, str) else json.dumps(instead | {"id": request.get("id")}))
                continue
            for answer in self.answers(request):
                connection.send(json.dumps(answer), self.pieces)

    def answers(self, request):
        if request["type"] == "auth":
            right = request["access_token"] == TOKEN
            yield {"type": "auth_ok" if right else "auth_invalid", "ha_version": self.version}
            return
        yield {"id": 1_000_000, "type": "event", "event": {"filling": "x" * 100_000}}
        result = None
        if request["type"] == "recorder/import_statistics":
            about = request["metadata"]
            self.metadata[about["statistic_id"]] = about
            kept = self.rows.setdefault(about["statistic_id"], {})
            for row in request["stats"]:
                start = datetime.datetime.fromisoformat(row["start"].replace("Z", "+00:00"))
                assert (start.minute, start.second, start.microsecond) == (0, 0, 0), row
                kept[int(start.timestamp() * 1000)] = (row["state"], row["sum"])
        elif request["type"] == "config/entity_registry/list":
            result = self.registry
        elif request["type"] == "recorder/get_statistics_metadata":
            result = [{"statistic_id": name, "source": self.metadata[name]["source"],
                       "statistics_unit_of_measurement": self.metadata[name]["unit_of_measurement"]}
                      for name in request["statistic_ids"] if name in self.metadata]
        else:
            assert request["type"] == "recorder/statistics_during_period", request
            begin, end = (datetime.datetime.fromisoformat(request[key].replace("Z", "+00:00")).timestamp() * 1000
                          for key in ("start_time", "end_time"))
            result = {name: rows for name in request["statistic_ids"]
                      if (rows := [{"start": start, "end": start + 3_600_000, "state": state, "sum": total}
                                   for start, (state, total) in sorted(self.rows.get(name, {}).items()) if begin <= start < end])}
        yield {"id": request["id"], "type": "result", "success": True, "result": result}
