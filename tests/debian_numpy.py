# SPDX-License-Identifier: MIT
"""numpy and pandas, which `./test` installs as Debian's python3-numpy and python3-pandas, and python/ in the path.

A python3 that stands in front of Debian's in the path does not see them: then the test goes on with Debian's.
"""
import os
import sys
from pathlib import Path

DEBIAN_PYTHON = "/usr/bin/python3"
try:
    import numpy
    import pandas
except ImportError:
    if Path(sys.executable).resolve() == Path(DEBIAN_PYTHON).resolve() or not Path(DEBIAN_PYTHON).exists():
        sys.exit("pandas is missing: apt-get install python3-pandas")
    os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, *sys.argv])

sys.path.insert(0, str(Path(__file__).parent.parent / "python"))
