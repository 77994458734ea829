"""Outputs by their manifests: whole, in part, lazily, as streams."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

import cobre
from cobre import _scan
from runs import write_run

Question = Callable[[pl.LazyFrame], pl.LazyFrame]

QUESTIONS: dict[str, Question] = {
    "everything": lambda t: t,
    "some columns in another order": lambda t: t.select("storage_final_hm3", "hydro_id"),
    "a column of the path": lambda t: t.select("scenario_bucket"),
    "a stage": lambda t: t.filter(pl.col("stage_id") == 3),
    "a bucket": lambda t: t.filter(pl.col("scenario_bucket").is_in([2, 5])),
    "a plant at some stages": lambda t: t.filter((pl.col("hydro_id") == 1) & pl.col("stage_id").is_between(2, 4)),
    "scenarios by an expression": lambda t: t.filter(pl.col("scenario_id") % 50 == 7),
    "either": lambda t: t.filter((pl.col("stage_id") == 1) | (pl.col("spillage_m3s") > 0)),
    "what is not selected": lambda t: t.filter(pl.col("hydro_id") == 2).select("stage_id"),
    "the first rows": lambda t: t.head(11),
    "the first rows of a plant": lambda t: t.filter(pl.col("hydro_id") == 3).head(5),
    "a slice": lambda t: t.slice(1000, 17),
    "nothing": lambda t: t.filter(pl.col("stage_id") == 99),
    "how many": lambda t: t.select(pl.len()),
    "means": lambda t: t.group_by("stage_id", maintain_order=True).agg(pl.col("storage_final_hm3").mean()),
    "a null": lambda t: t.filter(pl.col("hydro_id").is_null()),
}


def test_outputs_say_what_they_are(root: Path, outputs: cobre.Outputs) -> None:
    assert repr(outputs) == f"Outputs({root}, run 1)"
    assert (outputs.url, outputs.run, outputs.runs, outputs.closed) == (str(root), 1, [1], False)
    assert list(outputs) == outputs.names == sorted(outputs.names)
    assert len(outputs) == len(outputs.names)
    assert "hydros" in outputs
    assert "simulation/hydros" in outputs
    assert "reservoirs" not in outputs
    manifest = outputs.manifest
    assert manifest["run"] == 1
    assert manifest["tables"]["simulation/hydros"]["rows"] == len(outputs["hydros"])
    assert "simulation/hydros" in outputs._repr_html_()


def test_a_location_may_be_a_path_or_a_url(root: Path) -> None:
    urls: list[str | Path] = [root, str(root), root.as_uri()]
    for url in urls:
        assert cobre.open(url, run=1).run == 1


def test_every_table_is_what_its_files_hold(root: Path, outputs: cobre.Outputs) -> None:
    for name in outputs.names:
        entry = outputs.manifest["tables"][name]
        table = outputs[name].to_polars()
        assert table.height == entry["rows"], name
        frames = [
            pl.read_parquet(root / file["path"], hive_partitioning=False).with_columns(
                pl.lit(value, dtype=pl.Int32).alias(column) for column, value in file.get("partition", {}).items()
            )
            for file in entry["files"]
        ]
        if frames:
            assert_frame_equal(table, pl.concat(frames))


def test_chunks_are_the_row_groups_of_the_files(outputs: cobre.Outputs) -> None:
    files = outputs.manifest["tables"]["simulation/hydros"]["files"]
    assert [len(chunk) for chunk in outputs["hydros"].chunks("hydro_id")] == [file["rows"] for file in files]


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
@pytest.mark.parametrize("way", ["disk", "parts"])
def test_lazy_frames_answer_as_the_table(outputs: cobre.Outputs, question: Question, engine: str, way: str) -> None:
    lazy = outputs.scan("hydros") if way == "disk" else _scan.scan_in_parts(outputs._parts("hydros"))
    expected = question(outputs["hydros"].lazy()).collect()
    assert_frame_equal(question(lazy).collect(engine=engine), expected)  # type: ignore[call-overload]


@pytest.mark.parametrize("way", ["disk", "parts"])
def test_every_table_can_be_scanned(outputs: cobre.Outputs, way: str) -> None:
    for name in outputs.names:
        parts = outputs._parts(name)
        lazy = _scan.scan(parts) if way == "disk" or parts.n_files == 0 else _scan.scan_in_parts(parts)
        assert lazy.collect_schema() == outputs[name].to_polars().schema, name
        assert_frame_equal(lazy.collect(), outputs[name].to_polars())


def test_tables_without_files_have_their_columns(outputs: cobre.Outputs) -> None:
    empty = [name for name, entry in outputs.manifest["tables"].items() if not entry["files"]]
    assert empty, "the study lacks some entity"
    for name in empty:
        frame = outputs.scan(name).collect()
        assert frame.height == 0
        assert frame.width > 0
        assert frame.schema == outputs[name].to_polars().schema


class Reads:
    """Parts of a table that count what is read."""

    def __init__(self, parts: object) -> None:
        self._parts = parts
        self.opened: list[int] = []
        self.columns: list[list[str]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._parts, name)

    def open(self, at: int) -> Reads:
        self.opened.append(at)
        read = Reads(self._parts.open(at))  # type: ignore[attr-defined]
        read.columns = self.columns
        return read

    def read(self, columns: list[str], group: int) -> cobre.Table:
        self.columns.append(columns)
        table: cobre.Table = self._parts.read(columns, group)  # type: ignore[attr-defined]
        return table


@pytest.mark.parametrize(
    ("predicate", "files"),
    [
        (pl.col("scenario_bucket") == 3, [3]),
        (pl.col("scenario_id") == 45, [2]),
        (pl.col("scenario_id") % 160 > 155, [7]),
        ((pl.col("scenario_id") < 30) & (pl.col("spillage_m3s") >= 0), [0, 1]),
        ((pl.col("scenario_bucket") == 3) | (pl.col("spillage_m3s") >= 0), list(range(8))),
        (pl.col("spillage_m3s") >= 0, list(range(8))),
    ],
    ids=str,
)
def test_only_files_that_can_match_are_opened(outputs: cobre.Outputs, predicate: pl.Expr, files: list[int]) -> None:
    reads = Reads(outputs._parts("hydros"))
    _scan.scan_in_parts(reads).filter(predicate).select("storage_final_hm3").collect()  # type: ignore[arg-type]
    assert reads.opened == files
    needed = {"storage_final_hm3", *predicate.meta.root_names()}
    assert all(set(columns) == needed for columns in reads.columns)


def test_row_groups_that_cannot_match_are_not_read(outputs: cobre.Outputs) -> None:
    reads = Reads(outputs._parts("hydros"))
    found = _scan.scan_in_parts(reads).filter(pl.col("stage_id") == 99).collect()  # type: ignore[arg-type]
    assert found.height == 0
    assert reads.columns == []


def test_a_limit_ends_the_reading(outputs: cobre.Outputs) -> None:
    reads = Reads(outputs._parts("hydros"))
    assert _scan.scan_in_parts(reads).head(3).collect().height == 3  # type: ignore[arg-type]
    assert len(reads.opened) <= 2, "the first, and the one ahead of it"


def test_filters_are_tried_within_bounds() -> None:
    schema = pl.Schema({"stage_id": pl.Int32, "hydro_id": pl.Int32})
    possible = _scan.Filter((pl.col("stage_id") > 3) & (pl.col("hydro_id") + pl.col("stage_id") == 9), schema)
    assert possible.is_possible({"stage_id": (4, 5), "hydro_id": (4, 9)})
    assert not possible.is_possible({"stage_id": (1, 3), "hydro_id": (4, 9)})
    assert not possible.is_possible({"stage_id": (4, 5), "hydro_id": (1, 3)})
    assert possible.is_possible({"stage_id": (4, 5)}), "nothing is known of the plant"
    assert possible.is_possible({"stage_id": (4, 500_000), "hydro_id": (1, 500_000)}), "too many to try"
    assert _scan.Filter(None, schema).is_possible({"stage_id": (1, 1)})


def test_batches_are_read_one_by_one(outputs: cobre.Outputs) -> None:
    expected = outputs["hydros"].to_polars()
    batches = outputs.batches("hydros")
    assert repr(batches).startswith(f"Batches(simulation/hydros: {expected.height} rows in 8 files")
    tables = list(batches)
    assert [len(table) for table in tables] == [len(chunk) for chunk in outputs["hydros"].chunks("hydro_id")]
    assert_frame_equal(pl.concat([table.to_polars() for table in tables]), expected)
    assert list(batches) == [], "an iterator gives its rows once"
    # Streams begin anew.
    assert_frame_equal(pl.DataFrame(pa.table(batches)), expected)
    assert_frame_equal(pl.scan_arrow_c_stream(batches).collect(), expected)
    reader = pa.RecordBatchReader.from_stream(batches)
    assert reader.schema.field("storage_final_hm3").metadata[b"unit"] == b"hm3"
    assert reader.read_next_batch().num_rows == len(tables[0])
    with duckdb.connect() as connection:
        connection.register("hydros", batches)
        found = connection.execute("SELECT count(*), sum(storage_final_hm3) FROM hydros").fetchone()
    assert found is not None
    assert found[0] == expected.height
    assert found[1] == pytest.approx(expected["storage_final_hm3"].sum())


def test_parts_of_a_table_are_named(outputs: cobre.Outputs) -> None:
    assert outputs.batches("hydros").name == "simulation/hydros"
    parts = outputs._parts("hydros")
    assert repr(parts) == "_TableParts(simulation/hydros)"
    file = parts.open(0)
    for no_group in [file.n_groups, file.n_groups + 7]:
        with pytest.raises(cobre.ArgumentError, match="no row group"):
            file.bounds(no_group)
        with pytest.raises(cobre.ArgumentError, match="no row group"):
            file.read(["stage_id"], no_group)


def test_narwhals_and_pandas_read_batches(outputs: cobre.Outputs) -> None:
    import narwhals as nw
    import pandas as pd

    expected = outputs["hydros"].to_polars()
    frame = nw.from_arrow(outputs.batches("hydros"), backend="pyarrow")
    mean = frame.group_by("stage_id").agg(nw.col("storage_final_hm3").mean()).sort("stage_id")
    assert mean.shape == (expected["stage_id"].n_unique(), 2)
    assert len(pd.DataFrame.from_arrow(outputs.batches("hydros"))) == expected.height


@pytest.fixture
def copied(root: Path, tmp_path: Path) -> Path:
    target = tmp_path / "output"
    shutil.copytree(root, target)
    return target


def test_a_damaged_file_is_an_error_that_names_it(copied: Path) -> None:
    outputs = cobre.open(copied)
    path = outputs.manifest["tables"]["simulation/hydros"]["files"][3]["path"]
    (copied / path).write_bytes(b"no parquet")
    with pytest.raises(cobre.IOError, match="part-0") as broken:
        outputs["hydros"]
    assert broken.value.kind in {"output_corrupted", "io"}
    assert str(broken.value.path) == str(copied / path)
    batches = iter(outputs.batches("hydros"))
    assert len(next(batches)) > 0
    with pytest.raises(cobre.IOError):
        list(batches)
    with pytest.raises((OSError, pa.ArrowInvalid), match="part-0"):
        pa.table(outputs.batches("hydros"))
    with pytest.raises((cobre.IOError, pl.exceptions.ComputeError)):
        _scan.scan_in_parts(outputs._parts("hydros")).collect()
    (copied / path).unlink()
    with pytest.raises(cobre.IOError) as missing:
        outputs["hydros"]
    assert missing.value.kind == "io"


@pytest.mark.parametrize("name", ["reservoirs", "solver_iterations", ""])
def test_a_name_that_means_no_single_table_is_refused(outputs: cobre.Outputs, name: str) -> None:
    for ask in [outputs.__getitem__, outputs.scan, outputs.batches]:
        with pytest.raises(cobre.ArgumentError, match="no single table is named"):
            ask(name)


def test_what_is_not_there_is_an_error(tmp_path: Path, root: Path) -> None:
    with pytest.raises(cobre.IOError) as none:
        cobre.open(tmp_path)
    assert none.value.kind == "output_not_found"
    with pytest.raises(cobre.IOError, match="run 7 is not committed"):
        cobre.open(root, run=7)
    with pytest.raises(cobre.IOError, match="unknown scheme"):
        cobre.open("ftp://somewhere/out")
    with pytest.raises(cobre.IOError, match="no store has this option"):
        cobre.open(root, storage_options={"aws_regoin": "x"})
    with pytest.raises(TypeError):
        cobre.open(7)  # type: ignore[arg-type]


def test_a_newer_run_is_seen_when_it_is_looked_for(tmp_path: Path) -> None:
    root = write_run(tmp_path, n_scenarios=4, bucket_size=4)
    newest, first = cobre.open(root), cobre.open(root, run=1)
    lazy = newest.scan("convergence")
    write_run(tmp_path, n_scenarios=8, bucket_size=4)
    assert (newest.run, newest.runs) == (1, [1, 2])
    assert newest.sql("SELECT count(*) AS n FROM scenario_summary")["n"][0] == 4
    assert newest.refresh()
    assert not newest.refresh()
    assert not first.refresh()
    assert (newest.run, first.run) == (2, 1)
    assert len(newest["scenario_summary"]) == 8
    assert len(first["scenario_summary"]) == 4
    assert newest.sql("SELECT count(*) AS n FROM scenario_summary")["n"][0] == 8
    assert lazy.collect().height == 8, "a lazy frame keeps its run"


def test_closed_outputs_say_so(root: Path) -> None:
    with cobre.open(root) as outputs:
        lazy, batches, table = outputs.scan("hydros"), outputs.batches("hydros"), outputs["convergence"]
    assert outputs.closed
    assert repr(outputs) == f"Outputs({root}, closed)"
    asked: list[Callable[[], object]] = [
        lambda: outputs.run,
        lambda: outputs.runs,
        lambda: outputs.names,
        lambda: outputs.manifest,
        lambda: outputs["hydros"],
        lambda: outputs.scan("hydros"),
        lambda: outputs.batches("hydros"),
        lambda: outputs.sql("SELECT 1"),
        lambda: outputs.policy(),
        lambda: outputs.refresh(),
        lambda: outputs.__enter__(),
        lambda: list(outputs),
        lambda: "hydros" in outputs,
        lambda: cobre.sql("SELECT 1", run=outputs),
    ]
    for ask in asked:
        with pytest.raises(cobre.ClosedError, match="closed"):
            ask()
    outputs.close()
    assert lazy.collect().height > 0
    assert next(batches).n_rows > 0
    assert len(table) == 8


def test_the_policy_of_the_run_is_read(outputs: cobre.Outputs) -> None:
    policy = outputs.policy()
    assert isinstance(policy, cobre.Policy)
