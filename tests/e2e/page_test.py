# SPDX-License-Identifier: MIT
"""The page of the real daemon, in a real browser."""
import os
import shutil
import subprocess
import unittest

import rig


class Page(rig.Case):
    def look(self, script, *args):
        node = shutil.which("node") or shutil.which("nodejs")
        if not node or not (rig.ROOT / "web/node_modules").exists():
            rig.skip("no node, or the page was not built here")
        daemon = self.daemon("--demo", "--data", self.data, "--house", "generated:5", *args)
        daemon.live(2)
        done = subprocess.run([node, "--test", rig.ROOT / "tests/page" / script], capture_output=True, text=True,
                              timeout=rig.PATIENCE, env=os.environ | {"FITHOME_URL": daemon.url + "/"})
        daemon.stop()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("NO BROWSER", done.stderr)

    def test_the_page_shows_what_the_daemon_reads(self):
        self.look("page.test.mjs")

    def test_several_meters_stand_under_the_house_that_they_add_up_to(self):
        config = self.folder / "fithome.toml"
        config.write_text('house = "mains - solar"\n[[meter]]\nname = "mains"\n[[meter]]\nname = "solar"\n'
                          'device = "/dev/spidev0.1"\nwiring = "single_phase"\n[meter.line.a]\nname = "roof"\n')
        self.look("meters_look.mjs", "--config", config)


if __name__ == "__main__":
    unittest.main()
