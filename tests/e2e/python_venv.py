# SPDX-License-Identifier: MIT
"""Pythons with pandas and what else is to read an export, in build/ and made once."""
import subprocess
import sys

import rig

NEWEST = ("pandas>=3", "pyarrow", "duckdb")
# A copy of NILMTK with newer dependencies; the original is on no package index.
NILMTK = ("nilmtk-s14pe==0.4.0.dev2", "pyyaml")


def python(name, packages):
    """Its interpreter; skips loudly where there is no network to make it."""
    folder = rig.ROOT / "build" / f"{name}-venv"
    ready, program = folder / "ready", folder / "bin" / "python"
    if not ready.exists() or ready.read_text() != " ".join(packages):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, capture_output=True)
        done = subprocess.run([program, "-m", "pip", "install", "--quiet", *packages], capture_output=True, text=True)
        if done.returncode != 0:
            rig.skip(f"pip cannot install {', '.join(packages)}: {done.stderr[-300:]}")
        ready.write_text(" ".join(packages))
    return program
