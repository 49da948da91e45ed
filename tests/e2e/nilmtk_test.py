#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""NILMTK's own loader opens an export of the night in which clocks are put back: every reading, and its energy.

No part of ./test: what NILMTK wants is 650 MB. `make nilmtk-test` runs it; pandas is one of version 2 there.
"""
import array
import json
import os
import subprocess
import unittest

import python_venv
import rig

LOADER = """
import json, sys, nilmtk, pandas
data = nilmtk.DataSet(sys.argv[1])
meters = data.buildings[1].elec.mains().meters
frames = [next(meter.load()) for meter in meters]
print(json.dumps({
    "pandas": pandas.__version__, "name": data.metadata["name"], "zone": str(frames[0].index.tz),
    "times": [(frame.index.astype("int64") // 10**6).tolist() for frame in frames],
    "watts": [frame[("power", "active")].tolist() for frame in frames],
    "volts": [frame[("voltage", "")].tolist() for frame in frames],
    "site": [meter.is_site_meter() for meter in meters],
    "kwh": [float(meter.total_energy()["active"]) for meter in meters]}))
"""


class Nilmtk(rig.Case):
    def test_its_loader_finds_every_reading_and_its_energy(self):
        python = python_venv.python("nilmtk", python_venv.NILMTK)
        rig.run("run", "--demo", "--listen", "127.0.0.1:0", "--data", self.data, "--config", "/dev/null", "--start",
                "2026-10-24T20:00:00Z", "--speed", "max", "--for", "8h")
        export, file = self.folder / "house.nilmtk", self.folder / "house.h5"
        rig.run("export", "--data", self.data, "-o", export, "--timezone", "Europe/Berlin")
        environment = os.environ | {"PYTHONPATH": str(rig.ROOT / "python")}
        subprocess.run([python, "-m", "fithome.nilmtk", export, file], check=True, env=environment, timeout=rig.PATIENCE)

        done = subprocess.run([python, "-W", "ignore", "-c", LOADER, file], capture_output=True, text=True, timeout=rig.PATIENCE)

        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout.splitlines()[-1])
        rows = self.readings("--from", "2026-10-24")
        self.assertEqual(len(rows), 8 * 3600)
        self.assertEqual((told["pandas"][0], told["zone"], told["site"]), ("2", "Europe/Berlin", [True, True]))
        single = lambda texts: array.array("f", map(float, texts)).tolist()  # as NILMTK has them
        for n, line in enumerate("ac"):
            self.assertEqual(told["times"][n], [round(rig.seconds(row["time"]) * 1000) for row in rows])
            self.assertEqual(told["watts"][n], single(row[f"p_{line}"] for row in rows))
            self.assertEqual(told["volts"][n], single(row[f"u_{line}"] for row in rows))
            each_a_second = sum(float(row[f"p_{line}"]) for row in rows) / 3600 / 1000
            self.assertAlmostEqual(told["kwh"][n], each_a_second, delta=0.001)


if __name__ == "__main__":
    unittest.main()
