"""Checks that the committed cases are what their generators write, and that generated cases hold together."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import generate_system
from case_writer import OWNED_FILES, OWNED_FOLDERS, TABLE_COLUMNS, Case, build_table, format_json, write_case
from inflow_process import autocorrelations, cholesky, residual_variances

HERE = Path(__file__).resolve().parent
SIZES = [
    "--plants 1 --cascades 1 --thermals 0 --buses 1 --lines 0 --blocks 1 --stages 1 --ar-order 0",
    "--plants 23 --cascades 5 --thermals 11 --buses 4 --lines 6 --blocks 3 --stages 14 --ar-order 2 --seed 5",
    "--plants 40 --cascades 7 --thermals 60 --buses 6 --lines 3 --blocks 2 --stages 60 --ar-order 12 --seed 9 "
    "--min-outflow 0.15",
]
LARGEST = "--plants 160 --cascades 12 --thermals 130 --buses 8 --lines 12 --blocks 3 --stages 60 --ar-order 1"


def load_generator(folder: str) -> ModuleType:
    """The module `generate.py` of a case folder; several folders have one."""
    spec = importlib.util.spec_from_file_location(f"generate_{folder.replace('-', '_')}", HERE / folder / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    sys.path.insert(0, str(HERE / folder))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def generated_files(folder: Path) -> dict[str, Path]:
    """The files a generator owns below a case folder, by path inside it."""
    files = [folder / name for name in OWNED_FILES if (folder / name).exists()]
    for name in OWNED_FOLDERS:
        files += [path for path in (folder / name).rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path for path in files}


def build_system(words: str) -> Case:
    request, _ = generate_system.parse_arguments([*words.split(), "--output", "unused"])
    return generate_system.build_case(request)


@pytest.mark.parametrize(
    ("committed", "generator", "arguments"),
    [("toy", "toy", []), ("four-reservoirs", "four-reservoirs", [12]), ("four-reservoirs-60", "four-reservoirs", [60])],
)
def test_regenerating_gives_the_committed_files(
    committed: str, generator: str, arguments: list[int], tmp_path: Path
) -> None:
    write_case(load_generator(generator).build_case(*arguments), tmp_path)
    expected, found = generated_files(HERE / committed), generated_files(tmp_path)
    assert sorted(found) == sorted(expected)
    for name, path in found.items():
        if path.suffix == ".json":
            assert path.read_text(encoding="utf-8") == expected[name].read_text(encoding="utf-8"), name
        else:
            new, old = pq.read_table(path), pq.read_table(expected[name])
            assert new.schema.equals(old.schema), name
            assert new.equals(old), name


def test_writing_a_case_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("kept", encoding="utf-8")
    stale = tmp_path / "system" / "energy_contracts.json"
    stale.parent.mkdir()
    stale.write_text("{}", encoding="utf-8")
    write_case(build_system(SIZES[0]), tmp_path)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "kept"
    assert not stale.exists()


def test_tables_have_exact_types_and_known_columns() -> None:
    path = "scenarios/load_seasonal_stats.parquet"
    table = build_table(path, {"bus_id": [1], "stage_id": [0], "mean_mw": [2.0], "std_mw": [0.0]})
    assert [field.type for field in table.schema] == [pa.int32(), pa.int32(), pa.float64(), pa.float64()]
    with pytest.raises(ValueError, match="expected \\['bus_id'"):
        build_table(path, {"bus": [1]})
    with pytest.raises(ValueError, match="no column types"):
        build_table("scenarios/other.parquet", {})


def test_json_reads_back_and_keeps_its_lines_short() -> None:
    value = {"a": [{"b": {"c": list(range(5))}}] * 3, "empty": [], "text": "x" * 90, "none": None}
    text = format_json(value)
    assert json.loads(text) == value
    assert max(len(row) for row in text.splitlines()) <= 120


@pytest.mark.parametrize("words", SIZES)
def test_same_seed_same_system(words: str) -> None:
    first, second = build_system(words), build_system(words)
    assert first == second
    assert first != build_system(f"{words} --seed 77")


@pytest.mark.parametrize("words", [*SIZES, LARGEST])
def test_generated_systems_hold_together(words: str) -> None:
    case = build_system(words)
    hydros = case.documents["system/hydros.json"]["hydros"]
    buses = {bus["id"] for bus in case.documents["system/buses.json"]["buses"]}
    stages = case.documents["stages.json"]["stages"]
    check_references(case, hydros, buses)
    check_hydros(case, hydros, float(words.partition("--min-outflow ")[2] or 0))
    stage_ids = {stage["id"] for stage in stages}
    for path, columns in case.tables.items():
        build_table(path, columns)
        assert stage_ids <= set(columns.get("stage_id", stage_ids)), path
    demand = case.tables["scenarios/load_seasonal_stats.parquet"]
    assert sorted(zip(demand["bus_id"], demand["stage_id"], strict=True)) == sorted(
        (bus, stage) for bus in buses for stage in stage_ids
    )
    for stage in stages:
        assert [block["id"] for block in stage["blocks"]] == list(range(len(stage["blocks"])))
    for bus in case.documents["system/buses.json"]["buses"]:
        costs = [step["cost"] for step in bus["deficit_segments"]]
        assert costs == sorted(set(costs))
        assert bus["deficit_segments"][-1]["depth_mw"] is None


def check_references(case: Case, hydros: Sequence[dict[str, Any]], buses: set[int]) -> None:
    """Every id named somewhere is declared, and every plant has the rows it needs."""
    ids = [hydro["id"] for hydro in hydros]
    assert len(set(ids)) == len(ids)
    assert all(group["bus_id"] in buses for hydro in hydros for group in hydro["unit_groups"])
    assert all(thermal["bus_id"] in buses for thermal in case.documents["system/thermals.json"]["thermals"])
    ends = [(line["source_bus_id"], line["target_bus_id"]) for line in case.documents["system/lines.json"]["lines"]]
    assert all(a in buses and b in buses and a != b for a, b in ends)
    assert len(set(ends)) == len(ends)
    models = case.documents["system/hydro_production_models.json"]["production_models"]
    assert [model["hydro_id"] for model in models] == ids
    assert [entry["hydro_id"] for entry in case.documents["initial_conditions.json"]["storage"]] == ids
    for path, columns in case.tables.items():
        if "hydro_id" in columns:
            assert set(columns["hydro_id"]) == set(ids), path
    assert set(case.tables) <= set(TABLE_COLUMNS)


def check_hydros(case: Case, hydros: Sequence[dict[str, Any]], min_outflow: float) -> None:
    """Limits are in order and the cascade ends: following the water never comes back to a plant."""
    downstream = {hydro["id"]: hydro["downstream_id"] for hydro in hydros}
    filled = {entry["hydro_id"]: entry["value_hm3"] for entry in case.documents["initial_conditions.json"]["storage"]}
    for hydro in hydros:
        reservoir = hydro["reservoir"]
        assert 0.0 <= reservoir["min_storage_hm3"] <= filled[hydro["id"]] <= reservoir["max_storage_hm3"]
        assert hydro["generation"]["max_turbined_m3s"] > 0.0
        most = hydro["generation"]["max_turbined_m3s"]
        assert hydro["outflow"]["min_outflow_m3s"] == round(min_outflow * most, 2)
        seen, here = set(), hydro["id"]
        while here is not None:
            assert here not in seen
            seen.add(here)
            here = downstream[here]


@pytest.mark.parametrize("words", SIZES[1:])
def test_generated_inflow_is_stationary(words: str) -> None:
    case = build_system(words)
    lags = case.tables["scenarios/inflow_ar_coefficients.parquet"]
    by_month: dict[int, dict[int, list[float]]] = {}
    rows = zip(lags["hydro_id"], lags["stage_id"], lags["coefficient"], strict=True)
    for hydro_id, stage_id, value in rows:
        if stage_id < 0:
            by_month.setdefault(hydro_id, {}).setdefault(stage_id % 12, []).append(value)
    assert len(by_month) == len(case.documents["system/hydros.json"]["hydros"])
    for months in by_month.values():
        coefficients = [months[month] for month in range(12)]
        assert all(sum(abs(value) for value in month) < 0.8 for month in coefficients)
        assert all(0.3 < variance <= 1.0 for variance in residual_variances(coefficients))
    matrix = case.documents["scenarios/correlation.json"]["profiles"]["default"]["correlation_groups"][0]["matrix"]
    assert all(matrix[i][j] == matrix[j][i] for i in range(len(matrix)) for j in range(i))
    cholesky(matrix)


def test_residual_variance_of_one_lag_is_what_the_lag_leaves() -> None:
    assert residual_variances([[0.6]] * 12) == pytest.approx([0.64] * 12)
    assert autocorrelations([[0.6, 0.0]] * 12)[3] == pytest.approx([1.0, 0.6, 0.36])


def test_a_process_that_is_not_stationary_is_refused() -> None:
    with pytest.raises(ValueError, match=r"month 0: found -0\.44"):
        residual_variances([[1.2]] * 12)


def test_a_matrix_that_is_no_correlation_is_refused() -> None:
    with pytest.raises(ValueError, match="not positive definite at row 1"):
        cholesky([[1.0, 1.2], [1.2, 1.0]])


def test_faults_of_a_request_are_named_together(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        generate_system.parse_arguments(["--plants", "0", "--stages", "61", "--output", "unused"])
    message = capsys.readouterr().err
    assert "--plants: found 0, expected 1 to 160" in message
    assert "--stages: found 61, expected 1 to 60" in message
