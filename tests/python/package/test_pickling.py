"""What another process gets."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from pathlib import Path

import polars as pl
import pytest

import cobre


def test_a_table_is_pickled_by_content(outputs: cobre.Outputs) -> None:
    table = outputs["hydros"]
    copied = pickle.loads(pickle.dumps(table))
    assert isinstance(copied, cobre.Table)
    assert copied.to_polars().equals(table.to_polars())
    assert (copied.name, copied.n_chunks, copied.columns) == (table.name, table.n_chunks, table.columns)
    assert copied.schema == table.schema
    assert copied._addresses("hydro_id") != table._addresses("hydro_id")


def test_tables_with_nulls_texts_and_no_rows_are_pickled() -> None:
    for frame in [
        pl.DataFrame({"name": ["a", None, "a text that is longer"], "x": [None, 2.0, 3.0]}),
        pl.DataFrame(schema={"name": pl.String, "x": pl.Float64}),
    ]:
        assert pickle.loads(pickle.dumps(cobre.Table(frame))).to_polars().equals(frame)


def test_a_damaged_pickle_is_refused() -> None:
    with pytest.raises(cobre.ArgumentError, match="no pickled table"):
        cobre._cobre.tables._table_from_ipc("x", b"nonsense")


def test_outputs_are_pickled_by_location_and_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root.parent)
    outputs = cobre.open(root.name, storage_options={"aws_region": "nowhere"})
    pickled = pickle.dumps(outputs)
    monkeypatch.chdir("/")
    again = pickle.loads(pickled)
    assert (again.run, again.names) == (outputs.run, outputs.names)
    assert Path(again.url) == root
    assert copy.copy(outputs).url == str(root)
    outputs.close()
    with pytest.raises(cobre.ClosedError):
        pickle.dumps(outputs)


def count_rows(outputs: cobre.Outputs, table: cobre.Table) -> tuple[int, int]:
    return len(outputs["hydros"]), len(table)


def test_another_process_reads_them(outputs: cobre.Outputs) -> None:
    table = outputs["hydros"]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(count_rows, (outputs, table)) == (len(table), len(table))
