"""Writes a case directory: readable JSON documents and exactly typed Parquet tables.

A case is a plain structure: documents by file name (any JSON value) and tables by file name (columns of Python
numbers). The writer knows the column types of every table it may be given, and refuses a table or a column that it
does not know, so that a generator cannot write a file that no reader would look at.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Json = Any
Columns = Mapping[str, Sequence[Any]]

LINE_WIDTH = 118
ID = pa.int32()
NUMBER = pa.float64()
DATE = pa.date32()

TABLE_COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "scenarios/inflow_seasonal_stats.parquet": {
        "hydro_id": ID,
        "stage_id": ID,
        "mean_m3s": NUMBER,
        "std_m3s": NUMBER,
    },
    "scenarios/inflow_ar_coefficients.parquet": {
        "hydro_id": ID,
        "stage_id": ID,
        "lag": ID,
        "coefficient": NUMBER,
    },
    "scenarios/inflow_history.parquet": {
        "hydro_id": ID,
        "start_date": DATE,
        "end_date": DATE,
        "value_m3s": NUMBER,
    },
    "scenarios/load_seasonal_stats.parquet": {
        "bus_id": ID,
        "stage_id": ID,
        "mean_mw": NUMBER,
        "std_mw": NUMBER,
    },
}

# What a generator owns inside a case folder; anything else there (README, generator, expected values) is left alone.
OWNED_FILES = (
    "config.json",
    "stages.json",
    "penalties.json",
    "initial_conditions.json",
)
OWNED_FOLDERS = ("system", "scenarios", "constraints")


@dataclass
class Case:
    """The content of a case directory; keys are paths inside it."""

    documents: dict[str, Json] = field(default_factory=dict)
    tables: dict[str, Columns] = field(default_factory=dict)

    def add_rows(self, path: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Adds the table `path` from rows whose values are in the column order of `TABLE_COLUMNS`."""
        names = list(TABLE_COLUMNS[path])
        columns: dict[str, list[Any]] = {name: [] for name in names}
        for row in rows:
            for name, value in zip(names, row, strict=True):
                columns[name].append(value)
        self.tables[path] = columns


def write_case(case: Case, folder: Path) -> None:
    """Replaces the generated files below `folder` by those of `case`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in OWNED_FILES:
        (folder / name).unlink(missing_ok=True)
    for name in OWNED_FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    for path, document in case.documents.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(format_json(document) + "\n", encoding="utf-8")
    for path, columns in case.tables.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(build_table(path, columns), target, compression="zstd")


def build_table(path: str, columns: Columns) -> pa.Table:
    """The Arrow table of the file `path`. Raises `ValueError` when the columns are not the file's columns."""
    types = TABLE_COLUMNS.get(path)
    if types is None:
        raise ValueError(f"no column types are known for table {path!r}")
    if list(columns) != list(types):
        raise ValueError(f"table {path!r}: found columns {list(columns)}, expected {list(types)}")
    schema = pa.schema([pa.field(name, kind, nullable=False) for name, kind in types.items()])
    return pa.table({name: pa.array(columns[name], type=types[name]) for name in types}, schema=schema)


def format_json(value: Json, indent: int = 0) -> str:
    """JSON with two spaces of indentation, in which what fits on a line, and any list of numbers, stays on one."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value:
        return flat
    if len(flat) + indent <= LINE_WIDTH and not _is_nested(value):
        return flat
    if isinstance(value, list) and all(isinstance(item, (int, float)) for item in value):
        return flat
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {format_json(item, indent + 2)}" for key, item in value.items()]
        opening, closing = "{", "}"
    else:
        items = [format_json(item, indent + 2) for item in value]
        opening, closing = "[", "]"
    return opening + "\n" + ",\n".join(inner + item for item in items) + "\n" + " " * indent + closing


def _is_nested(value: Json) -> bool:
    """Whether a container holds containers that hold containers."""
    items = list(value.values()) if isinstance(value, dict) else list(value)
    return any(
        isinstance(item, (dict, list)) and any(isinstance(leaf, (dict, list)) for leaf in _children(item))
        for item in items
    )


def _children(value: Json) -> list[Json]:
    return list(value.values()) if isinstance(value, dict) else list(value)
