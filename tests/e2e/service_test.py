# SPDX-License-Identifier: MIT
"""What systemd is told by the same binary, on a socket as systemd's; the rest of a service's life is in tests/system."""
import os
import signal
import socket
import time
import unittest

import rig


class Manager:
    """Listens as systemd does."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name.startswith("@") else name)
        self.socket.settimeout(rig.PATIENCE)
        self.name = name

    def hear(self, wanted):
        """The first message with a line that begins so, and those before it."""
        messages = []
        while not any(line.startswith(wanted) for line in (messages or [""])[-1].splitlines()):
            messages.append(self.socket.recv(4096).decode())
        return messages

    def silent_for(self, seconds):
        """What came meanwhile, after what was there already was thrown away."""
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(4096)
        except BlockingIOError:
            pass
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(4096).decode()
        except TimeoutError:
            return ""


class Service(rig.Case):
    def manager(self, name):
        manager = Manager(str(name))
        self.addCleanup(manager.socket.close)
        return manager

    def start(self, manager, *args, watchdog_s=2):
        env = {"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": str(watchdog_s * 1000000)}
        return self.daemon("--data", self.data, *args, env=env)

    def test_it_is_ready_with_a_stored_reading_then_gives_signs_of_life_and_says_when_it_stops(self):
        for name in (self.folder / "notify", f"@fithome-test-{os.getpid()}"):
            manager = self.manager(name)
            daemon = self.start(manager, "--demo")
            ready = manager.hear("READY=1")[-1]
            self.assertGreaterEqual(daemon.json("/api/v1/status")["readings"], 1)
            self.assertRegex(ready, r"(?m)^STATUS=SIMULATED: measuring; \d+ readings? stored, the newest of 20")
            begin = time.monotonic()
            manager.hear("WATCHDOG=1")
            manager.hear("WATCHDOG=1")
            self.assertGreater(time.monotonic() - begin, 0.5, "half of two seconds, less a look's second")
            daemon.stop()
            self.assertIn("STOPPING=1", manager.hear("STOPPING=1")[-1])

    def test_a_hang_gives_no_sign_of_life(self):
        manager = self.manager(self.folder / "notify")
        daemon = self.start(manager, "--demo")
        manager.hear("WATCHDOG=1")
        daemon.process.send_signal(signal.SIGSTOP)
        self.assertEqual(manager.silent_for(4), "")  # twice what the watchdog waits
        daemon.process.send_signal(signal.SIGCONT)
        manager.hear("WATCHDOG=1")
        daemon.stop()

    def test_without_a_chip_it_is_ready_all_the_same_lives_on_and_says_what_to_do(self):
        device = self.folder / "spidev0.0"
        device.touch()
        scenario = self.folder / "dead.scenario"
        scenario.write_text("+0s chip absent high\n")
        self.simulated_meter(device, args=["--scenario", scenario])
        config = self.folder / "fithome.toml"
        config.write_text(f'[[meter]]\nname = "mains"\ndevice = "{device}"\n')
        manager = self.manager(self.folder / "notify")
        daemon = self.start(manager, "--config", config)
        self.assertRegex(manager.hear("READY=1")[-1], r"(?m)^STATUS=chip_absent: .+; 0 readings stored$")
        manager.hear("WATCHDOG=1")
        manager.hear("WATCHDOG=1")
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
