# SPDX-License-Identifier: MIT
"""A python with the newest pandas, pyarrow and duckdb, in build/ and made once."""
import subprocess
import sys

import rig

FOLDER = rig.ROOT / "build" / "analyst-venv"
PACKAGES = ["pandas>=3", "pyarrow", "duckdb"]


def python():
    """Its interpreter; skips loudly where there is no network to make it."""
    ready, program = FOLDER / "ready", FOLDER / "bin" / "python"
    if not ready.exists() or ready.read_text() != " ".join(PACKAGES):
        subprocess.run([sys.executable, "-m", "venv", "--clear", FOLDER], check=True, capture_output=True)
        done = subprocess.run([program, "-m", "pip", "install", "--quiet", *PACKAGES], capture_output=True, text=True)
        if done.returncode != 0:
            rig.skip(f"pip cannot install {', '.join(PACKAGES)}: {done.stderr[-300:]}")
        ready.write_text(" ".join(PACKAGES))
    return program
