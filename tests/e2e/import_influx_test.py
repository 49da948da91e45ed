#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A real InfluxDB says what the pretend one of import_formats_test.py does."""
import unittest

import import_formats_test as formats
import influx_rig


class RealInflux(formats.Influx, formats.Case):
    server_class = influx_rig.Real


if __name__ == "__main__":
    unittest.main()
