#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The layer check must find what it is there to find."""
import pathlib
import tempfile
import unittest

from check_layers import complaints

SPDX = "// SPDX-License-Identifier: MIT\n"


class CheckLayers(unittest.TestCase):
    def found(self, name, text):
        with tempfile.TemporaryDirectory() as root:
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True)
            path.write_text(text)
            return list(complaints(pathlib.Path(root)))

    def test_accepts_an_include_that_points_left(self):
        self.assertEqual(self.found("src/store/a.cc", SPDX + '#include "reading/reading.h"\n'), [])

    def test_refuses_an_include_that_points_right(self):
        self.assertIn("must not include store/store.h",
                      self.found("src/reading/a.cc", SPDX + '#include "store/store.h"\n')[0])

    def test_lets_the_simulator_see_addresses_only(self):
        self.assertEqual(self.found("src/sim/a.cc", SPDX + '#include "chip/registers.h"\n'), [])
        self.assertTrue(self.found("src/sim/a.cc", SPDX + '#include "chip/decode.h"\n'))

    def test_refuses_a_folder_it_does_not_know(self):
        self.assertTrue(self.found("src/util/a.cc", SPDX))

    def test_refuses_a_header_without_its_first_lines(self):
        self.assertEqual(len(self.found("src/base/a.h", "int a;\n")), 2)

    def test_refuses_using_namespace_in_a_header(self):
        self.assertTrue(self.found("src/base/a.h", SPDX + "#pragma once\nusing namespace std;\n"))

    def test_refuses_a_path_of_one_machine(self):
        self.assertTrue(self.found("docs/a.md", "see /" + "work/notes\n"))


if __name__ == "__main__":
    unittest.main()
