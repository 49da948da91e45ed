#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The last line of ./test must count what ctest said."""
import contextlib
import io
import os
import pathlib
import tempfile
import unittest
from unittest import mock

from summary import main

PASSED = '<testcase name="a" status="run"/>'
FAILED = '<testcase name="b" status="fail"><failure message="Failed"/></testcase>'
SKIPPED = ('<testcase name="c" status="notrun"><skipped message=""/><system-out>x_test.cc:9: Skipped\n'
           "no /dev/fuse here\n</system-out></testcase>")


class Summary(unittest.TestCase):
    def run_on(self, cases, ci="false"):
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, CI=ci):
            pathlib.Path(folder, "dev.xml").write_text(f"<testsuite>{cases}</testsuite>")
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                status = main(folder)
            return status, out.getvalue().splitlines()

    def test_counts_each_kind(self):
        status, lines = self.run_on(PASSED + PASSED + FAILED + SKIPPED)
        self.assertEqual((status, lines[-1]), (1, "2 passed, 1 failed, 1 skipped"))
        self.assertIn("no /dev/fuse here", lines[0])

    def test_finds_the_reason_python_gives(self):
        python = ('<testcase name="d" status="notrun"><skipped message=""/><system-out>test_day (x) ... '
                  "skipped 'no data here'\nOK (skipped=1)</system-out></testcase>")
        self.assertIn("no data here", self.run_on(python)[1][0])

    def test_lets_a_skip_pass_at_home_but_not_in_ci(self):
        self.assertEqual(self.run_on(PASSED + SKIPPED)[0], 0)
        self.assertEqual(self.run_on(PASSED + SKIPPED, ci="true")[0], 1)

    def test_nothing_run_is_no_success(self):
        self.assertEqual(self.run_on("")[0], 1)


if __name__ == "__main__":
    unittest.main()
