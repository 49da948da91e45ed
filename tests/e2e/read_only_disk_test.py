# SPDX-License-Identifier: MIT
"""A disk that becomes read-only under a running daemon, as a file system does that found an error, and writable again.

A kernel does not do it at our word while files are open for writing. So a library stands in front of the C library's calls, and
refuses them as such a file system would while a certain file is there.
"""
import shutil
import subprocess
import unittest

import rig

SPEED = 200  # of a house measured once a second
REFUSING = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int refused(int file) {
  struct stat status, disk;
  if (access(getenv("READ_ONLY"), F_OK) != 0 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  if (stat(getenv("DISK"), &disk) != 0 || status.st_dev != disk.st_dev) return 0;
  errno = EROFS;
  return 1;
}
ssize_t pwrite(int file, const void* data, size_t size, off_t at) {
  return refused(file) ? -1 : syscall(SYS_pwrite64, file, data, size, at);
}
ssize_t pwrite64(int file, const void* data, size_t size, off_t at) { return pwrite(file, data, size, at); }
int fsync(int file) { return refused(file) ? -1 : syscall(SYS_fsync, file); }
int fdatasync(int file) { return refused(file) ? -1 : syscall(SYS_fdatasync, file); }
int ftruncate(int file, off_t size) { return refused(file) ? -1 : syscall(SYS_ftruncate, file, size); }
int ftruncate64(int file, off_t size) { return ftruncate(file, size); }
"""


class ReadOnlyDisk(rig.Case):
    def setUp(self):
        super().setUp()
        if not (compiler := shutil.which("c++")):
            rig.skip("there is no compiler")
        source = self.folder / "refusing.c"
        source.write_text(REFUSING)
        subprocess.run([compiler, "-x", "c", "-shared", "-fPIC", "-o", self.folder / "refusing.so", source], check=True,
                       timeout=rig.PATIENCE)
        self.read_only = self.folder / "read-only"

    def begin(self):
        refusing = {"LD_PRELOAD": str(self.folder / "refusing.so"), "READ_ONLY": str(self.read_only), "DISK": str(self.folder)}
        return self.daemon("--data", self.data, "--house", "generated:1", "--speed", SPEED, "--start", "2026-06-01T00:00Z",
                           env=refusing | self.lights())

    def test_nothing_is_lost_once_it_can_be_written_again(self):
        daemon = self.begin()
        faults = lambda: {fault["name"]: fault for fault in daemon.json("/api/v1/status")["faults"]}
        rig.until(lambda: daemon.json("/api/v1/status")["readings"] > 100, "readings")
        self.read_only.touch()
        rig.until(lambda: "store_failing" in faults(), "the fault")
        self.assertIn("Read-only file system", faults()["store_failing"]["what"])
        rig.until(lambda: self.is_lit("red"), "the red light")
        stored = daemon.json("/api/v1/status")["readings"]
        measured = {reading["time"] for reading in daemon.live(3 * SPEED)}
        self.assertEqual(daemon.json("/api/v1/status")["readings"], stored)

        self.read_only.unlink()
        rig.until(lambda: not faults(), "all well again")
        rig.until(lambda: not self.is_lit("red"), "the red light to go out")
        rig.until(lambda: daemon.json("/api/v1/status")["readings"] > stored + 3 * SPEED, "what waited")
        self.assertEqual(daemon.json("/api/v1/status")["dropped"], 0)
        causes = [event["cause"] for event in daemon.json("/api/v1/events?from=2026-06-01T00:00Z")["events"]]
        self.assertFalse([cause for cause in causes if "store" in cause], "a late tick at this speed may be; a lost one not")
        code, _, said = daemon.stop()
        self.assertEqual(code, 0, said)
        self.assertLessEqual(measured, {row["time"] for row in self.readings("--from", "2026-06-01")})
        rig.run("store", "check", "--data", self.data)  # else an exit status


if __name__ == "__main__":
    unittest.main()
