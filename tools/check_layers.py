#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_layers.py ROOT: an include always points left, and a few more rules of every file.

Data flows left to right through the folders of src/; ARCHITECTURE.md has the picture.
"""
import pathlib
import re
import sys

MAY_INCLUDE = {  # besides itself
    "base": "",
    "spi": "base",
    "chip": "base spi",
    "sim": "base spi chip/registers.h",  # addresses only, or one misreading would cancel itself out
    "vspi": "base spi sim",
    "reading": "base chip",
    "calibrate": "base chip reading",
    "store": "base reading",
    "sinks": "base reading store",
    "sqlite": "base reading store",
    "exports": "base reading store",
    "web": "",
    "api": "base reading store exports sinks web",
    "imports": "base reading store sinks api/client.h",
    "mqtt": "base reading store sinks api",
    "homeassistant": "base reading store api mqtt",
    "app": "base spi chip sim vspi reading calibrate store sinks exports api imports mqtt homeassistant web",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
# Written so that it does not match itself.
MACHINE_PATH = re.compile(r"(?<![\w.}])/(?:work)/(?:\w|\.\w)")


def own_files(root, folders, endings):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in endings and not {"node_modules", "dist", "__pycache__"} & set(path.parts):
                yield path


def complaints(root):
    for path in own_files(root, ["src", "tests"], {".h", ".cc"}):
        text, name = path.read_text(), path.relative_to(root)
        if "SPDX-License-Identifier: MIT" not in text.split("\n", 1)[0]:
            yield f"{name}: the first line is not // SPDX-License-Identifier: MIT"
        if path.suffix == ".h" and "#pragma once" not in text:
            yield f"{name}: no #pragma once"
        if path.suffix == ".h" and "using namespace" in text:
            yield f"{name}: `using namespace` in a header"
    for path in own_files(root, ["src"], {".h", ".cc"}):
        name = path.relative_to(root)
        folder = name.parts[1]
        if folder not in MAY_INCLUDE:
            yield f"{name}: {folder}/ is no folder this check knows; tools/check_layers.py lists them"
            continue
        allowed = {folder, *MAY_INCLUDE[folder].split()}
        # A test may set up a bench from what stands left and right of its folder's layer.
        if path.stem.endswith("_test"):
            allowed |= {"base", "spi", "sim"}
        for include in INCLUDE.findall(path.read_text()):
            if include.split("/")[0] not in allowed and include not in allowed:
                yield f"{name}: must not include {include}: {folder}/ may include {' '.join(sorted(allowed))}"
    everywhere = ["src", "tests", "tools", "cmake", "docs", "web", "bench", "packaging", ".ci"]
    for path in own_files(root, everywhere, {".h", ".cc", ".py", ".sh", ".md", ".cmake", ".txt", ".ts", ".mjs", ".json"}):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if MACHINE_PATH.search(line):
                yield f"{path.relative_to(root)}:{number}: names a path of one machine"


def main(root):
    found = list(complaints(pathlib.Path(root)))
    print("\n".join(found) or "every include points left")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
