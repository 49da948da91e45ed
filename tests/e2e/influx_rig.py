# SPDX-License-Identifier: MIT
"""InfluxDB 1.x for the end-to-end tests: a real one where influxd is installed, and a pretend one that is always there.

Both let only anna in, whose password is PASSWORD. The pretend one knows as much of InfluxQL as an import asks, and can fail
to order.
"""
import base64
import http.server
import json
import re
import shutil
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request

import rig

PASSWORD = "it's 100 % secret"
ALLOWED = "Basic " + base64.b64encode(f"anna:{PASSWORD}".encode()).decode()


class Real:
    """Debian's influxd, in a folder of its own."""

    def __init__(self, folder):
        if not shutil.which("influxd"):
            rig.skip("no real InfluxDB: influxd is not on PATH (./test unpacks Debian 12's; Debian 13 has none)")
        self.port, rpc = rig.free_port(), rig.free_port()
        folder.mkdir()
        config = folder / "influxdb.conf"
        config.write_text(f"""
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
[http]
bind-address = "127.0.0.1:{self.port}"
auth-enabled = true
log-enabled = false
""")
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen(["influxd", "-config", str(config)], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        rig.until(self.answers, "influxd to answer")
        self.ask(f"""CREATE USER anna WITH PASSWORD '{PASSWORD.replace("'", chr(92) + "'")}' WITH ALL PRIVILEGES""")
        self.ask("CREATE DATABASE house")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError("influxd ended")
        try:
            return urllib.request.urlopen(self.url + "/ping", timeout=5).status == 204
        except OSError:
            return False

    def post(self, path, body):
        request = urllib.request.Request(self.url + path, data=body, headers={"Authorization": ALLOWED})
        with urllib.request.urlopen(request, timeout=rig.PATIENCE) as answer:
            return answer.read()

    def ask(self, query):
        self.post("/query?" + urllib.parse.urlencode({"q": query}), b"")

    def write(self, measurement, tags, points):
        """points: (nanoseconds, {field: number})."""
        series = ",".join([measurement, *(f"{name}={value}" for name, value in tags.items())])
        lines = [f"{series} {','.join(f'{name}={value!r}' for name, value in fields.items())} {ns}" for ns, fields in points]
        for begin in range(0, len(lines), 5000):
            self.post("/write?db=house", "\n".join(lines[begin:begin + 5000]).encode())

    def stop(self):
        self.process.terminate()
        self.process.wait(rig.PATIENCE)
        self.log.close()


class Pretend:
    """Answers the queries of an import from memory. `breaks_off`: after so many answers one is cut in the middle."""

    def __init__(self, _folder):
        self.points = []  # (measurement, tags, nanoseconds, fields)
        self.breaks_off = None
        self.queries = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.handle(self)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def write(self, measurement, tags, points):
        self.points += [(measurement, tags, ns, fields) for ns, fields in points]
        self.points.sort(key=lambda point: point[2])

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def handle(self, request):
        told = urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)
        if request.headers.get("Authorization") != ALLOWED:
            status, answer = 401, {"error": "authorization failed"}
        elif told["db"] != ["house"]:
            status, answer = 200, {"results": [{"statement_id": 0, "error": f"database not found: {told['db'][0]}"}]}
        else:
            assert told["epoch"] == ["ns"], told
            status, answer = 200, {"results": [{"statement_id": 0, "series": self.answer(told["q"][0])}]}
        body = json.dumps(answer).encode()
        self.queries += 1
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[:len(body) // 2] if self.queries == self.breaks_off else body)

    def answer(self, query):
        if query == "SHOW MEASUREMENTS":
            return [{"columns": ["name"], "values": [[name] for name in sorted({point[0] for point in self.points})]}]
        wanted = re.search(r'FROM "([^"]*)"', query)[1]
        tags = dict(re.findall(r""" AND "(\w+)" = '([^']*)'""", query))
        points = [point for point in self.points if point[0] == wanted and tags.items() <= point[1].items()]
        if query.startswith("SHOW FIELD KEYS"):
            names = sorted({name for point in points for name in point[3]})
            return [{"name": wanted, "columns": ["fieldKey", "fieldType"], "values": [[name, "float"] for name in names]}] if names else []
        fields = re.findall(r'"(\w+)"', query[:query.index(" FROM ")])
        after, until = int(re.search(r"time > (\d+)", query)[1]), re.search(r"time <= (\d+)", query)
        points = [point for point in points if after < point[2] and (not until or point[2] <= int(until[1])) and set(fields) & set(point[3])]
        if "DESC" in query:
            points.reverse()
        limit = int(re.search(r"LIMIT (\d+)", query)[1])
        groups = {}
        for point in points:
            key = json.dumps(point[1]) if "GROUP BY *" in query else "{}"
            groups.setdefault(key, []).append([point[2], *(point[3].get(name) for name in fields)])
        return [{"name": wanted, "tags": json.loads(key), "columns": ["time", *fields], "values": rows[:limit]} for key, rows in groups.items()]
