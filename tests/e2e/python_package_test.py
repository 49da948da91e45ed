#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Python package is installed by pip from the repository, works from there, and keeps the types it promises."""
import json
import shutil
import subprocess
import unittest

import python_venv
import rig

TYPING = ("mypy==2.4.1", "numpy", "pandas-stubs", "types-PyYAML")
USE = """
import json, sys, fithome, pandas
readings = fithome.read_export(sys.argv[1])
print(json.dumps({"from": fithome.__file__, "rows": len(readings), "pandas": pandas.__version__,
                  "of the store": len(fithome.MonitorData(data=sys.argv[2]).readings())}))
"""


class Package(rig.Case):
    def setUp(self):
        super().setUp()
        self.source = self.folder / "python"  # for pip leaves its work there
        shutil.copytree(rig.ROOT / "python", self.source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))

    def test_it_is_installed_by_pip_and_reads_an_export_and_the_store(self):
        python = python_venv.python("analyst", python_venv.NEWEST)
        site = self.folder / "site"
        done = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", site,
                               self.source], capture_output=True, text=True, timeout=rig.PATIENCE)
        if "No matching distribution" in done.stderr:
            rig.skip(f"pip cannot have setuptools: {done.stderr[-300:]}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((site / "fithome" / "py.typed").exists())
        rig.run("run", "--demo", "--listen", "127.0.0.1:0", "--data", self.data, "--config", "/dev/null", "--start",
                "2026-06-01T00:00:00Z", "--speed", "max", "--for", "10m")
        export = self.folder / "aggregate.pkl.zip"
        rig.run("export", "--data", self.data, "-o", export)

        used = subprocess.run([python, "-c", USE, export, self.data], capture_output=True, text=True, cwd=self.folder,
                              env=rig.ENVIRONMENT | {"PYTHONPATH": str(site)}, timeout=rig.PATIENCE)

        self.assertEqual(used.returncode, 0, used.stderr)
        told = json.loads(used.stdout)
        self.assertTrue(told["from"].startswith(str(site)), told)
        self.assertGreater(told["rows"], 590)
        self.assertEqual(told["rows"], told["of the store"])

    def test_its_types_hold(self):
        python = python_venv.python("typing", TYPING)
        done = subprocess.run([python, "-m", "mypy", "fithome"], capture_output=True, text=True, cwd=self.source, timeout=rig.PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
