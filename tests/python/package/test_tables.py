"""Tables in memory: what they are, and what they refuse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import cobre


@pytest.fixture
def table() -> cobre.Table:
    """Three chunks, with texts and nulls."""
    parts = [
        pl.DataFrame({"stage_id": [1, 2], "inflow_m3s": [41.5, 39.0], "name": ["dry", "a long name of a year"]}),
        pl.DataFrame(
            {"stage_id": [3], "inflow_m3s": [None], "name": [None]},
            schema_overrides={"inflow_m3s": pl.Float64, "name": pl.String},
        ),
        pl.DataFrame({"stage_id": [4, 5], "inflow_m3s": [math.inf, 12.0], "name": ["wet", "é"]}),
    ]
    return cobre.Table(pa.concat_tables([part.to_arrow() for part in parts]), name="inflows")


def test_a_table_says_what_it_is(table: cobre.Table) -> None:
    assert repr(table) == "Table(inflows: 5 rows × 3 columns in 3 chunks)"
    assert (table.name, table.n_rows, len(table), table.n_chunks) == ("inflows", 5, 5, 3)
    assert table.columns == ["stage_id", "inflow_m3s", "name"]
    assert "inflows: 5 rows" in table._repr_html_()
    assert "a long name" in table._repr_html_()


def test_columns_of_results_have_units_and_meanings(outputs: cobre.Outputs) -> None:
    schema = outputs["hydros"].schema
    storage = schema["storage_final_hm3"]
    assert (storage.type, storage.unit, storage.nullable) == ("Float64", "hm3", False)
    assert storage.description
    assert "storage_final_hm3, Float64, hm3: " in repr(storage)
    assert schema["hydro_id"].unit is None
    assert schema["hydro_id"] == schema["hydro_id"]
    assert schema["hydro_id"] != storage
    own = cobre.Table(pl.DataFrame({"storage_final_hm3": [1.0]})).schema["storage_final_hm3"]
    assert (own.unit, own.description) == (None, None)


def test_a_column_is_an_array_that_cannot_be_written(table: cobre.Table) -> None:
    np.testing.assert_array_equal(table["stage_id"], [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(table["inflow_m3s"], [41.5, 39.0, np.nan, np.inf, 12.0])
    assert list(table["name"]) == ["dry", "a long name of a year", None, "wet", "é"]
    one = table.head(2)
    for array in [table["stage_id"], one["stage_id"], table["name"]]:
        assert not array.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7
    with pytest.raises(ValueError, match="cannot set WRITEABLE"):
        one["stage_id"].flags.writeable = True


def test_chunks_are_those_of_the_table(table: cobre.Table) -> None:
    assert [list(chunk) for chunk in table.chunks("stage_id")] == [[1, 2], [3], [4, 5]]
    assert all(not chunk.flags.writeable for chunk in table.chunks("stage_id"))
    with pytest.raises(cobre.ArgumentError, match="has nulls") as refused:
        table.chunks("inflow_m3s")
    assert refused.value.suggestion == "copy it by table[column]"
    with pytest.raises(cobre.ArgumentError, match="Utf8"):
        table.chunks("name")


@pytest.mark.parametrize(
    "kind", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"]
)
def test_every_kind_of_number_has_views(kind: str) -> None:
    values = np.array([0, 1, 100], dtype=kind)
    (view,) = cobre.Table(pl.DataFrame({"x": values})).chunks("x")
    assert view.dtype == np.dtype(kind)
    np.testing.assert_array_equal(view, values)


def test_truth_values_and_days_are_copied() -> None:
    frame = pl.DataFrame({"flag": [True, False], "day": [pl.date(2030, 1, 1), pl.date(2031, 1, 1)]}, strict=False)
    frame = pl.select(flag=pl.Series([True, False]), day=pl.date_range(pl.date(2030, 1, 1), pl.date(2030, 1, 2)))
    table = cobre.Table(frame)
    np.testing.assert_array_equal(table["flag"], [True, False])
    assert table["day"].dtype == np.dtype("datetime64[D]")
    with pytest.raises(cobre.ArgumentError):
        table.chunks("day")


def test_a_table_without_rows_has_its_columns() -> None:
    empty = cobre.Table(pl.DataFrame(schema={"a": pl.Int32, "b": pl.String, "c": pl.Float64}))
    assert (len(empty), empty.columns) == (0, ["a", "b", "c"])
    assert empty.to_polars().schema == {"a": pl.Int32, "b": pl.String, "c": pl.Float64}
    assert empty["c"].shape == (0,)
    assert empty.to_arrow().num_rows == 0
    assert empty.head().n_rows == 0


def test_the_first_rows_cross_chunks(table: cobre.Table) -> None:
    assert list(table.head(4)["stage_id"]) == [1, 2, 3, 4]
    assert table.head(99).n_rows == 5
    assert table.head(0).to_polars().columns == table.columns


def test_an_unknown_column_is_named(table: cobre.Table) -> None:
    for ask in [table.__getitem__, table.chunks, table._addresses]:
        with pytest.raises(cobre.ArgumentError, match="no column `level`; its columns: stage_id, inflow_m3s, name"):
            ask("level")


@pytest.mark.parametrize("data", [7, "a text", {"a": [1]}, [[1.0]], None, np.zeros(3)])
def test_what_is_no_table_is_refused(data: Any) -> None:
    with pytest.raises(TypeError, match="__arrow_c_stream__"):
        cobre.Table(data)


def test_a_stream_that_fails_says_so() -> None:
    def batches() -> Any:
        yield pa.record_batch({"a": [1]})
        raise OSError("the disk is gone")

    reader = pa.RecordBatchReader.from_batches(pa.schema({"a": pa.int64()}), batches())
    with pytest.raises(cobre.ArgumentError, match="the disk is gone"):
        cobre.Table(reader)


def test_another_type_is_given_where_it_is_asked_for(table: cobre.Table) -> None:
    wanted = pa.schema([("stage_id", pa.int32()), ("inflow_m3s", pa.float32()), ("name", pa.large_string())])
    found = pa.table(table, schema=wanted)
    assert found.schema.types == wanted.types
    assert found.column("stage_id").to_pylist() == [1, 2, 3, 4, 5]


def test_other_libraries_read_a_table(table: cobre.Table) -> None:
    import duckdb
    import narwhals as nw
    import pandas as pd

    expected = pl.DataFrame(table)
    assert table.to_polars().equals(expected)
    assert table.lazy().collect().equals(expected)
    assert pl.DataFrame(pa.table(table)).equals(expected)
    in_duckdb = table
    assert duckdb.sql("SELECT * FROM in_duckdb").pl().equals(expected)  # type: ignore[union-attr]
    assert in_duckdb is table
    assert pl.from_pandas(table.to_pandas()).equals(expected)
    assert pd.DataFrame.from_arrow(table).shape == (5, 3)
    assert nw.from_arrow(table, backend="polars").to_native().equals(expected)
    assert pa.schema(table).names == table.columns


def test_metadata_reaches_pyarrow(outputs: cobre.Outputs) -> None:
    field = outputs["hydros"].to_arrow().schema.field("storage_final_hm3")
    assert field.metadata[b"unit"] == b"hm3"
