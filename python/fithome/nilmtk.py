# SPDX-License-Identifier: MIT
"""Turns an export for NILMTK (`fithome export -o house.nilmtk`) into the HDF5 file that NILMTK opens.

    python -m fithome.nilmtk house.nilmtk house.h5

Needs tables (PyTables) and yaml. Values are float32, as NILMTK has them; an hour and a year need the same memory.
"""
from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import pandas as pd

ROWS_AT_ONCE = 100_000


def convert(source: Path, target: Path) -> int:
    """Writes `target` whole or not at all; says how many rows all meters have together."""
    part = target.with_name(f".{target.name}.part-{os.getpid()}")
    try:
        with pd.HDFStore(str(part), "w", complevel=1, complib="zlib") as file:
            dataset = read_yaml(source / "metadata" / "dataset.yaml")
            dataset["meter_devices"] = read_yaml(source / "metadata" / "meter_devices.yaml")
            rows = sum(add_building(file, source, about, dataset["timezone"])
                       for about in sorted((source / "metadata").glob("building*.yaml")))
            file.root._v_attrs.metadata = dataset
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return rows


def add_building(file: pd.HDFStore, source: Path, about: Path, timezone: str) -> int:
    name, metadata, rows = about.stem, read_yaml(about), 0
    for number, meter in metadata["elec_meters"].items():
        key = f"/{name}/elec/meter{number}"
        meter["data_location"] = key
        for piece in pieces(source / name / "elec" / f"meter{number}.csv", timezone):
            file.append(key, piece, format="table", index=False)
            rows += len(piece)
        file.create_table_index(key, columns=["index"], kind="full", optlevel=9)
    file.get_node(f"/{name}")._v_attrs.metadata = metadata
    return rows


def pieces(csv: Path, timezone: str) -> Any:
    """A meter's file, so many rows at a time, with the two levels of names that NILMTK gives columns."""
    with open(csv, encoding="utf-8") as lines:
        levels = [next(lines).rstrip("\n").split(",") for _ in range(2)]
    columns = pd.MultiIndex.from_arrays([level[1:] for level in levels], names=[level[0] for level in levels])
    for piece in pd.read_csv(csv, header=None, skiprows=3, index_col=0, chunksize=ROWS_AT_ONCE):
        index = pd.DatetimeIndex(pd.to_datetime(piece.index, utc=True)).tz_convert(timezone)
        values = piece.to_numpy("float32")
        yield pd.DataFrame(values, index=as_nanoseconds(index).rename(None), columns=columns)


def as_nanoseconds(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return index.as_unit("ns") if hasattr(index, "as_unit") else index  # pandas before 2 has nothing else


def read_yaml(file: Path) -> dict[str, Any]:
    import yaml
    found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fithome.nilmtk", description=__doc__.split("\n")[0])
    parser.add_argument("directory", type=Path, help="what `fithome export --format nilmtk` wrote")
    parser.add_argument("output", type=Path, help="the HDF5 file to write")
    asked = parser.parse_args()
    try:
        rows = convert(asked.directory, asked.output)
    except ImportError as error:
        sys.exit(f"{error}; pip install tables pyyaml, or apt-get install python3-tables python3-yaml")
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"{asked.directory}: {error}; is it an export of the format nilmtk?")
    print(f"{asked.output}: {rows} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
