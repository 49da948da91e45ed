# SPDX-License-Identifier: MIT
"""The page of the real daemon, in a real browser."""
import os
import shutil
import subprocess
import unittest

import rig


class Page(rig.Case):
    def test_the_page_shows_what_the_daemon_reads(self):
        node = shutil.which("node") or shutil.which("nodejs")
        if not node or not (rig.ROOT / "web/node_modules").exists():
            rig.skip("no node, or the page was not built here")
        daemon = self.daemon("--demo", "--data", self.data, "--house", "generated:5")
        daemon.live(2)
        done = subprocess.run([node, "--test", rig.ROOT / "tests/page/page.test.mjs"], capture_output=True, text=True,
                              timeout=rig.PATIENCE, env=os.environ | {"FITHOME_URL": daemon.url + "/"})
        daemon.stop()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("NO BROWSER", done.stderr)


if __name__ == "__main__":
    unittest.main()
