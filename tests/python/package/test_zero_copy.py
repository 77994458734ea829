"""The same memory, whoever looks at it; and that it lives as long as somebody does."""

from __future__ import annotations

import gc
import resource
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pytest

import cobre


def address(array: npt.NDArray[Any]) -> int:
    return int(array.__array_interface__["data"][0])


def addresses_in_polars(frame: pl.DataFrame, column: str) -> list[int]:
    return [address(chunk.to_numpy(allow_copy=False)) for chunk in frame[column].get_chunks()]


def addresses_in_arrow(table: pa.Table, column: str) -> list[int]:
    chunks = table.column(column).chunks
    return [chunk.buffers()[-1].address + chunk.offset * (chunk.type.bit_width // 8) for chunk in chunks]


def addresses_in_numpy(table: cobre.Table, column: str) -> list[int]:
    return [address(chunk) for chunk in table.chunks(column)]


@pytest.mark.parametrize("column", ["storage_final_hm3", "hydro_id"])
def test_everybody_sees_the_same_addresses(outputs: cobre.Outputs, column: str) -> None:
    table = outputs["hydros"]
    seen = table._addresses(column)
    assert len(seen) == table.n_chunks > 1
    assert addresses_in_numpy(table, column) == seen
    assert addresses_in_arrow(pa.table(table), column) == seen
    assert addresses_in_polars(table.to_polars(), column) == seen
    assert addresses_in_polars(pl.DataFrame(table), column) == seen
    assert addresses_in_polars(table.lazy().collect(), column) == seen


def test_what_python_gives_is_not_copied() -> None:
    frame = pl.DataFrame({"x": np.arange(5.0)})
    seen = addresses_in_polars(frame, "x")
    table = cobre.Table(frame)
    assert table._addresses("x") == seen
    arrow = pa.table({"x": pa.chunked_array([[1.0, 2.0], [3.0]])})
    assert cobre.Table(arrow)._addresses("x") == addresses_in_arrow(arrow, "x")
    assert cobre.Table(cobre.Table(frame))._addresses("x") == table._addresses("x")


def test_slices_are_views() -> None:
    table = cobre.Table(pl.DataFrame({"x": np.arange(100.0)}))
    assert table.head(10)._addresses("x") == table._addresses("x")
    part = cobre.Table(table.to_polars().slice(40, 10))
    assert part._addresses("x") == [table._addresses("x")[0] + 40 * 8]
    np.testing.assert_array_equal(part["x"], np.arange(40.0, 50.0))


def test_views_outlive_the_table_and_the_outputs(root: Path) -> None:
    with cobre.open(root) as outputs:
        table = outputs["hydros"]
        views, arrow, frame = table.chunks("storage_final_hm3"), pa.table(table), table.to_polars()
        expected = np.concatenate(views).copy()
    del table, outputs
    gc.collect()
    ballast = [np.random.default_rng(at).random(100_000) for at in range(20)]
    np.testing.assert_array_equal(np.concatenate(views), expected)
    np.testing.assert_array_equal(arrow.column("storage_final_hm3").to_numpy(), expected)
    del arrow, views
    gc.collect()
    np.testing.assert_array_equal(frame["storage_final_hm3"].to_numpy(), expected)
    assert len(ballast) == 20


def test_a_view_keeps_its_owner_as_its_base() -> None:
    view = cobre.Table(pl.DataFrame({"x": np.arange(3.0)}))["x"]
    assert view.base is not None
    assert view[1:].base is not None
    assert not view[1:].flags.writeable


def resident() -> int:
    """Memory of this process (bytes)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def exchange_once(frame: pl.DataFrame) -> None:
    table = cobre.Table(frame)
    views: list[Any] = table.chunks("x")
    pa.table(table)
    table.to_polars()
    stream = table.__arrow_c_stream__()
    reader = pa.RecordBatchReader.from_stream(table)
    reader.read_next_batch()
    del stream, reader, views


def test_streams_that_nobody_reads_leave_no_memory() -> None:
    def make() -> pl.DataFrame:
        return pl.DataFrame({"x": np.arange(1_000_000.0)})

    for _ in range(10):
        exchange_once(make())
    gc.collect()
    before = resident()
    for _ in range(100):
        exchange_once(make())
    gc.collect()
    assert resident() - before < 100 << 20, "100 exchanges of 8 MB, each with five copies if nothing were shared"
