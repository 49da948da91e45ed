# SPDX-License-Identifier: MIT
"""The notebooks run from start to end on a generated month, with Debian's pandas and with nothing installed besides."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

import rig

NOTEBOOKS = sorted((rig.ROOT / "notebooks").glob("*.ipynb"))
# What Jupyter does with code cells, and each picture into a file.
RUNNER = """
import json, sys
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

pictures = []
def keep(*args, **kwargs):
    for number in plt.get_fignums():
        plt.figure(number).savefig(f"{sys.argv[2]}-{len(pictures)}.png", dpi=70, bbox_inches="tight")
        pictures.append(number)
    plt.close("all")
plt.show = keep

names = {"__name__": "__main__"}
for cell in json.load(open(sys.argv[1]))["cells"]:
    if cell["cell_type"] == "code":
        exec(compile("".join(cell["source"]), sys.argv[1] + " " + cell["id"], "exec"), names)
print(json.dumps({"pictures": len(pictures), "naive": names.get("naive"), "model": names.get("model"),
                  "appliances": list(map(float, names.get("appliances", []))), "kwh": float(names["energy"].sum()) if "energy" in names else None}))
"""


class Notebooks(rig.Case):
    @classmethod
    def setUpClass(cls):
        # A reading every ten seconds: the same month, in a tenth of the time.
        cls.month = pathlib.Path(rig.tempfile.mkdtemp(prefix="fithome-month-"))
        cls.addClassCleanup(rig.shutil.rmtree, cls.month)
        rig.run("run", "--demo", "--listen", "127.0.0.1:0", "--data", cls.month / "data", "--house", "generated:5", "--start",
                "2026-10-01T00:00:00Z", "--speed", "max", "--for", "744h", env={"FITHOME_INTERVAL": "10"})
        rig.run("export", "--data", cls.month / "data", "-o", cls.month / "aggregate.pkl.zip")

    def execute(self, name, file="aggregate.pkl.zip", **env):
        pictures = pathlib.Path(os.environ.get("FITHOME_PICTURES", self.folder))
        done = subprocess.run([rig.DEBIAN_PYTHON, "-W", "error::FutureWarning", "-c", RUNNER, rig.ROOT / "notebooks" / name,
                               pictures / name], capture_output=True, text=True, timeout=rig.PATIENCE, cwd=self.folder,
                              env=os.environ | {"FITHOME_EXPORT": str(self.month / file), "FITHOME_ZONE": "America/Los_Angeles"} | env)
        sys.stderr.write(done.stdout)
        return done

    def test_the_first_one_shows_the_house(self):
        done = self.execute("00_load_data.ipynb")
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual(told["pictures"], 8)
        self.assertEqual(len(told["appliances"]), 2)
        energy = json.loads(rig.run("energy", "--data", self.month / "data", "--json").stdout)["net"]
        ledger = (energy["import_wh"] - energy["export_wh"]) / 1000
        # One sample for ten seconds here; the ledger counts what flows between them.
        self.assertAlmostEqual(told["kwh"], ledger, delta=0.01 * abs(ledger))

    def test_the_forecast_is_nearer_than_as_today(self):
        done = self.execute("01_forecast.ipynb")
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual(told["pictures"], 3)
        self.assertLess(told["model"], told["naive"])

    def test_a_file_that_is_not_there_is_told_with_how_to_make_it(self):
        done = self.execute("00_load_data.ipynb", "nothing.pkl.zip")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("make it with `fithome export", done.stderr)

    def test_in_colab_they_take_the_file_that_is_uploaded(self):
        colab = self.folder / "site" / "google" / "colab"
        colab.mkdir(parents=True)
        # What Colab's own does: asks the person, leaves the file here, and says its name and its bytes.
        (colab / "__init__.py").touch()
        (colab / "files.py").write_text(
            "import shutil\n"
            "def upload():\n"
            f"    shutil.copy({str(self.month / 'aggregate.pkl.zip')!r}, 'aggregate (1).pkl.zip')\n"
            "    return {'aggregate (1).pkl.zip': b''}\n")
        for notebook in NOTEBOOKS:
            done = self.execute(notebook.name, "nothing.pkl.zip", PYTHONPATH=str(self.folder / "site"))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue((self.folder / "aggregate (1).pkl.zip").exists())
            (self.folder / "aggregate (1).pkl.zip").unlink()

    def test_they_are_kept_without_outputs(self):
        self.assertEqual([path.name for path in NOTEBOOKS], ["00_load_data.ipynb", "01_forecast.ipynb"])
        for path in NOTEBOOKS:
            for cell in json.loads(path.read_text())["cells"]:
                self.assertEqual((cell.get("outputs", []), cell.get("execution_count")), ([], None), path.name)


if __name__ == "__main__":
    unittest.main()
