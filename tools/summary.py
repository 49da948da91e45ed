#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""summary.py FOLDER: adds up the JUnit files that ctest wrote there.

Names what failed and, with its reason, what was skipped; the last line is the count. Exit status 1
when a test failed, when none ran, or, with CI=true, when one was skipped.
"""
import os
import pathlib
import re
import sys
import xml.etree.ElementTree as ET


def reason(case):
    """Why a test was skipped, as GoogleTest, Python's unittest or a script of ours says it."""
    output = case.findtext("system-out") or ""
    for words in (r": Skipped\n(.+)", r"\.\.\. skipped ['\"](.+)['\"]", r"(?i)\bskip(?:ped)?:? +(.+)"):
        if said := re.search(words, output):
            return said.group(1).strip()
    return "no reason given"


def add_up(files):
    passed, failed, skipped = [], [], []
    for file in files:
        for case in ET.parse(file).getroot().iter("testcase"):
            name = f"{case.get('name')} ({file.stem})"
            if case.find("skipped") is not None or case.get("status") == "disabled":
                skipped.append((name, reason(case)))
            elif case.get("status") == "run":
                passed.append(name)
            else:
                failed.append(name)
    return passed, failed, skipped


def main(folder):
    passed, failed, skipped = add_up(sorted(pathlib.Path(folder).glob("*.xml")))
    for name, why in skipped:
        print(f"SKIPPED {name}: {why}")
    for name in failed:
        print(f"FAILED  {name}")
    if not passed and not failed and not skipped:
        print("no test has that name")
    print(f"{len(passed)} passed, {len(failed)} failed, {len(skipped)} skipped")
    strict = os.environ.get("CI") == "true"
    return 1 if failed or not passed or (strict and skipped) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
