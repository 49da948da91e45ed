#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The man page and the completions name each command and option that `fithome --help` tells of; bash's is tried.

manual_test.py MANUAL FITHOME: the two programs.
"""
import functools
import re
import subprocess
import sys
import unittest

MANUAL, FITHOME = sys.argv[1:3]


@functools.cache
def printed(kind):
    return subprocess.run([MANUAL, kind], capture_output=True, text=True, check=True).stdout


def help_of(words):
    return subprocess.run([FITHOME, *words, "--help"], capture_output=True, text=True, check=True).stdout


def commands(words=()):
    """(words of a command, its options), of the program and all below it, as --help has them."""
    text = help_of(words)
    yield list(words), sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text.partition("Options:")[2].partition("Subcommands:")[0]
                                             .partition("Examples:")[0])))
    below = text.partition("Subcommands:")[2].partition("\n\n")[0].partition("Examples:")[0]
    for name in re.findall(r"^  ([a-z]+) ", below, re.MULTILINE):
        yield from commands([*words, name])


ALL = list(commands())


def completed(words):
    """What bash offers after these words; the last is begun."""
    script = printed("bash") + ('\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fithome; printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True, check=True)
    return done.stdout.split()


class Manual(unittest.TestCase):
    def test_help_was_understood(self):
        self.assertGreater(len(ALL), 25)
        self.assertIn((["config", "check"], ["--config", "--help"]), ALL)
        self.assertIn("--house-time-format", dict((" ".join(words), options) for words, options in ALL)["run"])

    def test_the_man_page_has_a_section_of_each_command_with_each_option(self):
        sections = {}
        for section in re.split(r"^\.S[SH] ", printed("man").replace("\\-", "-"), flags=re.MULTILINE)[1:]:
            title, _, text = section.partition("\n")
            sections[title] = text
        for words, options in ALL:
            text = sections[" ".join(["fithome", *words])]
            for option in options:
                self.assertIn(f"\\fB{option}\\fR", text, words)

    def test_bash_offers_each_command_and_option_where_it_belongs(self):
        for words, options in ALL:
            self.assertEqual(sorted(word for word in completed(["fithome", *words, "--"]) if word.startswith("--")), options, words)
            if words:
                self.assertIn(words[-1], completed(["fithome", *words[:-1], words[-1][:2]]))

    def test_bash_offers_files_where_an_option_takes_one_and_nothing_where_it_takes_a_number(self):
        self.assertIn("/etc/passwd", completed(["fithome", "run", "--config", "/etc/passw"]))
        self.assertEqual(completed(["fithome", "run", "--speed", "--"]), [])

    def test_zsh_and_fish_know_each_too(self):
        zsh, fish = printed("zsh"), printed("fish")
        for words, options in ALL:
            place = "/".join(["fithome", *words])
            known = zsh.partition(f"    ({place}) known=(")[2].partition(") ;;\n")[0]
            lines = [line for line in fish.splitlines() if line.startswith(f"complete -c fithome -n '__fithome_at {place}' ")]
            for option in options:
                self.assertIn(f"'{option}:", known, place)
                self.assertTrue(any(f" -l {option[2:]} " in line for line in lines), (place, option))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
