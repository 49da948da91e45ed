#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How late the meter is while its broker has a bad day, and what memory that costs.

    bench/mqtt.py [--seconds N]

Runs FITHOME_BINARY, unless told the release build, beside a real mosquitto: one with a fleet of devices that send a
thousand messages a second, one that is away, hangs, or takes no large message, and one that has to take a day of
readings; and beside one that lets nobody in. Each for a minute, unless told. The exit status is 1 where a reading was
more than 20 ms late or missed, or the memory grew.
"""
import argparse
import contextlib
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from daemon import memory

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "e2e"))
import mqtt_rig  # noqa: E402
import rig  # noqa: E402

CLIENTS, A_SECOND, BYTES = 20, 1000, 200
LATE_MS, GROWS_MB = 20, 1


def text(value):
    return len(value).to_bytes(2, "big") + value.encode()


def packet(kind, body):
    length, rest = [], len(body)
    while not length or rest:
        length.append(rest % 128 | (128 if rest > 127 else 0))
        rest //= 128
    return bytes([kind, *length]) + body


@contextlib.contextmanager
def fleet(broker):
    """Test devices of a whole house, and somebody who listens to all of them."""
    over, sent = threading.Event(), [0] * CLIENTS

    def device(number):
        with socket.create_connection(("127.0.0.1", broker.port)) as one:
            one.sendall(packet(0x10, text("MQTT") + b"\4\2\0\0" + text(f"device-{number}")))
            one.recv(4)
            said = packet(0x30, text(f"fleet/{number}/state") + b"x" * BYTES)
            due = time.monotonic()
            while not over.is_set():
                due += CLIENTS / A_SECOND
                time.sleep(max(0, due - time.monotonic()))
                one.sendall(said)
                sent[number] += 1

    with subprocess.Popen(["mosquitto_sub", "-p", str(broker.port), "-t", "#"], stdout=subprocess.DEVNULL) as listener:
        devices = [threading.Thread(target=device, args=(number,)) for number in range(CLIENTS)]
        begun = time.monotonic()
        for one in devices:
            one.start()
        yield
        over.set()
        for one in devices:
            one.join()
        print(f"  the fleet sent {sum(sent) / (time.monotonic() - begun):.0f} messages a second")
        listener.terminate()


@contextlib.contextmanager
def hanging(broker):
    broker.process.send_signal(signal.SIGSTOP)
    yield


@contextlib.contextmanager
def away(broker):
    broker.stop()
    yield


def measure(name, seconds, meanwhile=lambda broker: contextlib.nullcontext(), limits=(), history=False, refused=False):
    """Whether it was good."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as last:
        broker = mqtt_rig.FakeBroker(lambda client: "refused") if refused else mqtt_rig.Broker(pathlib.Path(folder), more=limits)
        last.callback(broker.stop)
        args = ["--demo", "--data", f"{folder}/data"]
        if history:
            rig.run("run", *args, "--listen", "127.0.0.1:0", "--start", "2026-06-01T00:00:00Z", "--speed", "max", "--for", "24h",
                    timeout=600)
            args += ["--start", "2026-06-02T00:00:10Z"]
        running = rig.Daemon(*args, env={"FITHOME_MQTT_HOST": "127.0.0.1", "FITHOME_MQTT_PORT": str(broker.port),
                                         "FITHOME_MQTT_INTERVAL": "1", "FITHOME_MQTT_HISTORY": str(history).lower()})
        last.callback(running.stop)
        status = lambda: running.json("/api/v1/status")
        rig.until(lambda: status()["readings"] > 5, "readings")
        sizes = [memory(running.process.pid)[0] / 1e6]
        with meanwhile(broker):
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                time.sleep(seconds / 20)
                sizes.append(memory(running.process.pid)[0] / 1e6)
        now = status()
        print(f"{name}: the latest of {now['readings']} readings {1000 * now['late_worst_s']:.1f} ms late, {now['missed']} missed "
              f"(goal {LATE_MS} ms, 0); {sizes[0]:.1f} MB resident at first, {max(sizes):.1f} at most, {sizes[-1]:.1f} at last")
        late, grown = 1000 * now["late_worst_s"], grew(sizes)
        if grown > GROWS_MB:
            print(f"  its memory grew by {grown:.1f} MB from the first third to the last (at most {GROWS_MB})")
        for sink in running.json("/api/v1/sinks")["sinks"]:
            print(f"  {sink['name']}: {sink['delivered']} readings delivered, {sink['backlog']} behind")
        return late <= LATE_MS and now["missed"] == 0 and grown <= GROWS_MB


def grew(sizes):
    """What it needs is there at first: from then on it stays so, whatever happens."""
    third = len(sizes) // 3
    return max(sizes[-third:]) - max(sizes[:third])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=60)
    seconds = options.parse_args().seconds
    good = [measure("a broker of our own", seconds),
            measure("a fleet", seconds, fleet),
            measure("it is away", seconds, away),
            measure("it lets nobody in", seconds, refused=True),
            measure("it hangs", seconds, hanging),
            measure("no message above 2,000 bytes", seconds, limits=["max_packet_size 2000"]),
            measure("a fleet, and a day of history", seconds, fleet, history=True)]
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
