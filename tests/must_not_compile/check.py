#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check.py FILE COMPILER OPTIONS...: FILE compiles with -DALLOWED, and must not without.

That it fails is not enough, for a missing header fails too: the error must hold the words of the
file's `// expect:` line, a regular expression.
"""
import re
import subprocess
import sys


def compiles(file, compiler, more):
    command = [*compiler, "-std=c++23", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", *more, file]
    done = subprocess.run(command, capture_output=True, text=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    return done.returncode == 0, done.stderr


def main(file, *compiler):
    with open(file) as source:
        expected = re.search(r"^// expect: (.+)$", source.read(), re.M).group(1)
    allowed, errors = compiles(file, compiler, ["-DALLOWED"])
    if not allowed:
        print(f"{file}: its allowed half does not compile:\n{errors}")
        return 1
    refused, errors = compiles(file, compiler, [])
    if refused:
        print(f"{file}: compiles, but must not")
        return 1
    if not re.search(expected, errors):
        print(f"{file}: fails for another reason than /{expected}/:\n{errors}")
        return 1
    print(f"{file}: refused with /{expected}/")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
