# SPDX-License-Identifier: MIT
"""A Debian with systemd as its first process, in a container: systemd-nspawn, entered by nsenter.

There is no machined to ask, so the container is not registered, and the first process is found by its parent.
"""
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import time

PATIENCE = 120  # seconds; only a hang is ever waited for so long


def until(condition, what):
    """Waits for a condition of the outside world, which has no clock of ours."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


def groups(name):
    """A control group of its own in each hierarchy that systemd writes into: two containers share none."""
    root = pathlib.Path("/sys/fs/cgroup")
    bases = [root] if (root / "cgroup.procs").exists() else [root / "unified", root / "systemd"]
    return [base / name for base in bases if base.exists()]


class Box:
    count = 0

    def __init__(self, base):
        Box.count += 1
        self.name = f"fithome-box-{os.getpid()}-{Box.count}"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fithome-box-", dir="/var/tmp"))
        self.root = self.folder / "root"
        self.root.mkdir()
        self.nspawn = None
        self.leader = None
        subprocess.run(["tar", "-C", self.root, "--numeric-owner", "-xf", base], check=True)
        (self.root / "etc/hostname").write_text("fithome-box\n")
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost fithome-box\n")

    def boot(self):
        name = self.name
        pathlib.Path("/run/systemd").mkdir(exist_ok=True)
        for group in groups(name):
            group.mkdir(exist_ok=True)
        enter = "".join(f"echo $$ > {group}/cgroup.procs\n" for group in groups(name))
        words = ["systemd-nspawn", "--quiet", "--directory", str(self.root), "--boot", "--machine", name, "--register=no",
                 "--keep-unit", "--link-journal=no", "--console=pipe", "--private-network", "--bind=/dev/fuse",
                 "--resolv-conf=off", "--timezone=off"]
        console = open(self.folder / "console", "w")
        environment = {key: value for key, value in os.environ.items() if key != "NOTIFY_SOCKET"}
        self.nspawn = subprocess.Popen(["bash", "-c", enter + 'exec "$@"', "boot", *words], stdin=subprocess.DEVNULL,
                                       stdout=console, stderr=subprocess.STDOUT, env=environment)
        console.close()
        try:
            self.leader = until(self._first_process, "the container's first process")
            until(lambda: self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded"),
                  "systemd to have started all")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{(self.folder / 'console').read_text()}") from None

    def _first_process(self):
        if self.nspawn.poll() is not None:
            raise AssertionError(f"systemd-nspawn ended with {self.nspawn.returncode}")
        done = subprocess.run(["pgrep", "-P", str(self.nspawn.pid), "-x", "systemd"], capture_output=True, text=True)
        return int(done.stdout) if done.stdout.strip() else None

    def words(self, words, environment=None):
        """What runs them inside."""
        inside = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb",
                  "DEBIAN_FRONTEND": "noninteractive"} | (environment or {})
        return ["nsenter", "-t", str(self.leader), "-m", "-p", "-n", "-i", "-u", "-C", "-r", "-w", "--", "env", "-i",
                *(f"{key}={value}" for key, value in inside.items()), *map(str, words)]

    def at_terminal(self, words, question, answer, environment):
        """The same at a terminal, where `question` is answered; returns all that stood there."""
        child, terminal = pty.fork()
        if child == 0:
            os.execvp("nsenter", self.words(words, environment))
        shown, answered, end = "", False, time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if select.select([terminal], [], [], 1)[0]:
                try:
                    shown += os.read(terminal, 4096).decode(errors="replace")
                except OSError:  # it has ended
                    break
            if question in shown and not answered:
                os.write(terminal, answer.encode() + b"\n")
                answered = True
        else:
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
        return shown

    def run(self, *words, check=True, stdin="", environment=None):
        """A command inside, to its end."""
        if self.nspawn.poll() is not None:
            raise AssertionError(f"the container ended with {self.nspawn.returncode}:\n{(self.folder / 'console').read_text()}")
        done = subprocess.run(self.words(words, environment), input=stdin, capture_output=True, text=True, timeout=PATIENCE)
        if check and done.returncode != 0:
            raise AssertionError(f"{words}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def put(self, path, text):
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def end(self):
        """Powers off, or ends what is left, and removes all."""
        if self.leader:
            self.run("systemctl", "poweroff", check=False)
        try:
            self.nspawn.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.kill(self.leader, signal.SIGKILL)
            self.nspawn.wait(timeout=30)
        for group in groups(self.name):
            for folder, _, _ in os.walk(group, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    pass  # it is another's by now, or not empty: no harm
        for left in (self.folder, pathlib.Path("/run/systemd/nspawn/propagate") / self.name):
            shutil.rmtree(left, ignore_errors=True)
