# SPDX-License-Identifier: MIT
"""A real Home Assistant and a real Mosquitto: what they make of what we say, whatever happens to whom, and the hours that were missed:
brought, read back by another client than ours, held against the ledger.

tools/homeassistant_test.sh runs it; FITHOME_HA_RIG is a script that starts a Home Assistant and asks it.
"""
import unittest

from homeassistant_entities import EntitiesOfARealHomeAssistant  # noqa: F401
from homeassistant_hours import HoursOfARealHomeAssistant, HoursWhateverHappened  # noqa: F401
from homeassistant_totals import TotalsOfARealHomeAssistant  # noqa: F401


if __name__ == "__main__":
    unittest.main()
