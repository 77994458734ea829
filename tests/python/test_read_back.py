"""Checks that DuckDB, Polars, pandas and pyarrow read the tables of a run alike, with nothing of Cobre's own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from program import ROOT, cobre

SCENARIOS = 200
STAGES = 6
BLOCKS = 2
# Table, its entity column, entities of the toy case.
ENTITY_TABLES = [
    ("hydros", "hydro_id", 2),
    ("thermals", "thermal_id", 3),
    ("buses", "bus_id", 2),
    ("exchanges", "line_id", 1),
]
BUCKETED = [*(name for name, _, _ in ENTITY_TABLES), "costs", "hydro_bus_generation", "inflow_lags"]


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of the toy case."""
    root = tmp_path_factory.mktemp("results")
    done = cobre("run", ROOT / "datasets" / "toy", "--output", root, "--quiet")
    assert done.returncode == 0, done.stderr
    return root / "run=1"


def pattern(run_folder: Path, table: str) -> str:
    return str(run_folder / "simulation" / table / "**" / "*.parquet")


def read_duckdb(run_folder: Path, table: str) -> duckdb.DuckDBPyRelation:
    return duckdb.connect().sql(f"SELECT * FROM read_parquet('{pattern(run_folder, table)}', hive_partitioning = true)")


def read_polars(run_folder: Path, table: str) -> pl.LazyFrame:
    return pl.scan_parquet(pattern(run_folder, table), hive_partitioning=True)


def read_pyarrow(run_folder: Path, table: str) -> pa.Table:
    return ds.dataset(run_folder / "simulation" / table, partitioning="hive").to_table()


def energy_duckdb(run_folder: Path) -> list[tuple[int, int, float]]:
    sums = read_duckdb(run_folder, "hydros").aggregate("hydro_id, stage_id, sum(generation_mwh)", "hydro_id, stage_id")
    return sums.order("hydro_id, stage_id").fetchall()


def energy_polars(run_folder: Path) -> list[tuple[int, int, float]]:
    sums = read_polars(run_folder, "hydros").group_by("hydro_id", "stage_id").agg(pl.col("generation_mwh").sum())
    return sums.sort("hydro_id", "stage_id").collect().rows()


def energy_pyarrow(run_folder: Path) -> list[tuple[int, int, float]]:
    sums = read_pyarrow(run_folder, "hydros").group_by(["hydro_id", "stage_id"]).aggregate([("generation_mwh", "sum")])
    rows = sums.select(["hydro_id", "stage_id", "generation_mwh_sum"]).to_pylist()
    return sorted(tuple(row.values()) for row in rows)


def test_three_readers_agree_on_the_energy_of_every_plant_and_stage(run_folder: Path) -> None:
    answers = [energy_duckdb(run_folder), energy_polars(run_folder), energy_pyarrow(run_folder)]
    for answer in answers:
        assert [row[:2] for row in answer] == [(hydro, stage) for hydro in range(2) for stage in range(STAGES)]
        assert [row[2] for row in answer] == pytest.approx([row[2] for row in answers[0]], rel=1e-12)
    assert all(energy > 0 for _, _, energy in answers[0])


@pytest.mark.parametrize("table", BUCKETED)
def test_three_readers_see_the_same_rows_and_columns(run_folder: Path, table: str) -> None:
    relation = read_duckdb(run_folder, table)
    frame = read_polars(run_folder, table).collect()
    arrow = read_pyarrow(run_folder, table)
    assert len(relation) == frame.height == arrow.num_rows > 0
    for columns in (relation.columns, frame.columns, arrow.column_names):
        assert len(columns) == len(set(columns)), f"a column twice: {columns}"
    # DuckDB and Polars take every `name=value` of a path for a column, the run's as well; pyarrow starts below it.
    assert set(relation.columns) == set(frame.columns) == {*arrow.column_names, "run"}


@pytest.mark.parametrize("table", BUCKETED)
def test_the_partition_column_is_an_integer_and_is_in_the_path_alone(run_folder: Path, table: str) -> None:
    types = dict(zip(read_duckdb(run_folder, table).columns, read_duckdb(run_folder, table).types, strict=True))
    assert str(types["scenario_bucket"]) in {"INTEGER", "BIGINT"}
    assert read_polars(run_folder, table).collect_schema()["scenario_bucket"].is_integer()
    assert pa.types.is_integer(read_pyarrow(run_folder, table).schema.field("scenario_bucket").type)
    for file in (run_folder / "simulation" / table).rglob("*.parquet"):
        assert "scenario_bucket" not in pl.read_parquet_schema(file)


@pytest.mark.parametrize(("table", "entity", "n_entities"), ENTITY_TABLES)
def test_rows_are_complete_and_sorted_by_entity(run_folder: Path, table: str, entity: str, n_entities: int) -> None:
    rows = 0
    for file in sorted((run_folder / "simulation" / table).rglob("*.parquet")):
        content = pl.read_parquet(file, hive_partitioning=False)
        keys = content.select(entity, "stage_id", "scenario_id", "block_id").rows()
        assert keys == sorted(set(keys)), f"{file} is not sorted, or has a row twice"
        rows += len(keys)
    assert rows == SCENARIOS * STAGES * BLOCKS * n_entities


def test_ids_are_32_bit_integers_and_values_doubles(run_folder: Path) -> None:
    schema = read_pyarrow(run_folder, "hydros").schema
    for name in ("scenario_id", "stage_id", "node_id", "block_id", "hydro_id"):
        assert schema.field(name).type == pa.int32(), name
    for name in ("storage_final_hm3", "turbined_m3s", "generation_mwh"):
        assert schema.field(name).type == pa.float64(), name


def test_files_on_disk_are_those_of_the_manifest(run_folder: Path) -> None:
    root = run_folder.parent
    manifest = json.loads((root / "_meta" / "run-1.json").read_text())
    listed = {file["path"] for table in manifest["tables"].values() for file in table["files"]}
    listed |= {file["path"] for file in manifest["documents"] + manifest["policy"]["files"]}
    assert listed == {path.relative_to(root).as_posix() for path in run_folder.rglob("*") if path.is_file()}
    for table in manifest["tables"].values():
        for file in table["files"]:
            assert (root / file["path"]).stat().st_size == file["bytes"]


def test_costs_of_the_scenarios_are_those_of_the_manifest(run_folder: Path) -> None:
    manifest = json.loads((run_folder.parent / "_meta" / "run-1.json").read_text())
    costs = read_pyarrow(run_folder, "costs")
    discounted = pc.multiply(costs["discount_factor"], costs["immediate_cost"])
    mean = pc.sum(discounted).as_py() / SCENARIOS
    assert mean == pytest.approx(manifest["summary"]["simulation_mean"], rel=1e-12)


# What the user guide tells people to type; `{table}` is the folder of a table, or the file of a dictionary.
PLAIN = {
    "duckdb": """duckdb.sql("FROM read_parquet('{table}/*.parquet')")""",
    "polars": """pl.scan_parquet("{table}")""",
    "pandas": """pd.read_parquet("{table}", dtype_backend="pyarrow")""",
    "pyarrow": """ds.dataset("{table}").to_table()""",
}
PARTITIONED = {
    "duckdb": """duckdb.sql("FROM read_parquet('{table}/*/*.parquet', hive_types = {{'scenario_bucket': INTEGER}})")""",
    "polars": """pl.scan_parquet("{table}", hive_schema={{"scenario_bucket": pl.Int32}})""",
    "pandas": """pd.read_parquet("{table}", partitioning=ds.partitioning(flavor="hive"), dtype_backend="pyarrow")""",
    "pyarrow": """ds.dataset("{table}", partitioning="hive").to_table()""",
}
# Types by the names of the record of schemas: DuckDB, Polars, Arrow.
TYPES = {
    "i8": ("TINYINT", pl.Int8, pa.int8()),
    "i32": ("INTEGER", pl.Int32, pa.int32()),
    "i64": ("BIGINT", pl.Int64, pa.int64()),
    "u32": ("UINTEGER", pl.UInt32, pa.uint32()),
    "u64": ("UBIGINT", pl.UInt64, pa.uint64()),
    "f64": ("DOUBLE", pl.Float64, pa.float64()),
    "bool": ("BOOLEAN", pl.Boolean, pa.bool_()),
    "str": ("VARCHAR", pl.String, pa.string()),
}


def recorded_schemas() -> dict[str, dict[str, str]]:
    """Columns and types of every table, from the record that the schemas of the program are held to."""
    schemas: dict[str, dict[str, str]] = {}
    columns: dict[str, str] = {}
    for line in (ROOT / "cobre-data" / "tests" / "golden" / "schemas.txt").read_text().splitlines():
        if line.startswith("  "):
            name, kind = line.split()[:2]
            columns[name] = kind.removesuffix("?")
        elif line and not line.startswith("#"):
            columns = schemas.setdefault(line.split()[0], {})
    return schemas


def written_tables(run_folder: Path) -> dict[str, bool]:
    """The tables of a run that have files, and whether these lie in folders of buckets."""
    manifest = json.loads((run_folder.parent / "_meta" / "run-1.json").read_text())
    return {name: bool(table["partition_by"]) for name, table in manifest["tables"].items() if table["files"]}


def read_types(run_folder: Path, table: str, partitioned: bool, tool: str) -> dict[str, object]:
    """Columns and types that a tool sees, read by its line in the user guide."""
    place = run_folder / table
    line = (PARTITIONED if partitioned else PLAIN)[tool].format(table=place)
    if not place.is_dir():
        line = line.replace(f"{place}/*.parquet", str(place)).replace(str(place), f"{place}.parquet")
    found = eval(line, {"duckdb": duckdb, "pl": pl, "pd": pd, "ds": ds})
    if tool == "duckdb":
        # DuckDB takes the folder of the run for a column as well.
        types = dict(zip(found.columns, map(str, found.types), strict=True))
        return {name: kind for name, kind in types.items() if name != "run"}
    if tool == "polars":
        return dict(found.collect().schema)
    if tool == "pandas":
        return {name: kind.pyarrow_dtype for name, kind in found.dtypes.items()}
    return {field.name: field.type for field in found.schema}


def expected_types(columns: dict[str, str], partitioned: bool, tool: str) -> dict[str, object]:
    position = {"duckdb": 0, "polars": 1, "pandas": 2, "pyarrow": 2}[tool]
    types: dict[str, object] = {name: TYPES[kind][position] for name, kind in columns.items()}
    if partitioned:
        types["scenario_bucket"] = TYPES["i32"][position]
    return types


@pytest.mark.parametrize("tool", ["duckdb", "polars", "pandas", "pyarrow"])
def test_every_table_opens_by_one_line_with_the_types_on_record(run_folder: Path, tool: str) -> None:
    schemas = recorded_schemas()
    tables = written_tables(run_folder)
    assert len(tables) >= 15
    for table, partitioned in tables.items():
        types = read_types(run_folder, table, partitioned, tool)
        assert types == expected_types(schemas[table], partitioned, tool), f"{tool}: {table}"
        assert list(types)[: len(schemas[table])] == list(schemas[table]), f"{tool}: {table}"


def test_text_on_disk_is_plain_utf8(run_folder: Path) -> None:
    texts = 0
    for file in run_folder.rglob("*.parquet"):
        for field in pq.read_schema(file):
            texts += field.type == pa.string()
            assert not pa.types.is_string_view(field.type), f"{file}: {field.name}"
            assert not pa.types.is_dictionary(field.type), f"{file}: {field.name}"
    assert texts > 3


def test_the_guide_shows_the_lines_that_are_tested() -> None:
    guide = (ROOT / "docs" / "user-guide.md").read_text()
    for tool in PLAIN:
        for lines, table in ((PLAIN, "training/convergence"), (PARTITIONED, "simulation/hydros")):
            assert lines[tool].format(table=f"output/run=1/{table}") in guide, f"{tool}: {table}"


def test_tables_of_many_pages_read_alike(tmp_path: Path) -> None:
    """Quantities have pages of their own kind, with and without gaps, and several of them in a file."""
    case = tmp_path / "case"
    shutil.copytree(ROOT / "datasets" / "four-reservoirs", case, ignore=shutil.ignore_patterns("output"))
    config = json.loads((case / "config.json").read_text())
    config["training"]["stopping_rules"] = [{"type": "iteration_limit", "limit": 2}]
    config["simulation"]["selection"]["num_scenarios"] = 1500
    config["exports"] = {"results": {"bucket_size": 1500, "tables": ["hydros", "inflow_lags"]}}
    (case / "config.json").write_text(json.dumps(config))
    done = cobre("run", case, "--output", tmp_path / "results", "--quiet")
    assert done.returncode == 0, done.stderr
    for table in ("hydros", "inflow_lags"):
        (file,) = (tmp_path / "results/run=1/simulation" / table).rglob("*.parquet")
        expected = pq.ParquetFile(file).read()
        assert expected.num_rows >= 4 * 12 * 1500
        assert pl.from_arrow(expected).equals(pl.read_parquet(file, hive_partitioning=False))  # type: ignore[arg-type]
        relation = duckdb.connect().from_parquet(str(file), hive_partitioning=False)
        found = relation.to_arrow_table()
        assert found.cast(expected.schema).equals(expected)
        frame = pd.read_parquet(file, partitioning=None, dtype_backend="pyarrow")
        assert pa.Table.from_pandas(frame, schema=expected.schema, preserve_index=False).equals(expected)
