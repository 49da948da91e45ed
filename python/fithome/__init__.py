# SPDX-License-Identifier: MIT
"""Readings of FitHome monitor in pandas.

    fithome.read_export("aggregate.pkl.zip")      a file that `fithome export` wrote
    fithome.Client("http://meter.local:8080")     a running daemon
    fithome.MonitorData(data="/var/lib/fithome")  the store itself, an export, or a MongoDB collection
    python -m fithome.nilmtk DIR OUT.h5           an export for NILMTK, as the file that it opens

A DataFrame has a row for each reading and none where nothing was measured; its index `time` is in UTC, Pa and Pr are
active power in W and reactive power in var of the house, negative where power flows out. docs/analyst.md has all columns.
"""
from fithome.client import ApiError, Client
from fithome.exports import FLAGS, flag_words, read_export
from fithome.monitor_data import MonitorData, get_always_on_watts, get_DataFrame_for_date

__all__ = ["ApiError", "Client", "FLAGS", "MonitorData", "flag_words", "get_DataFrame_for_date", "get_always_on_watts",
           "read_export"]
__version__ = "0.1.0"
