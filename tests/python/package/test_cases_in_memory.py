"""Cases in memory: built, edited from frames, pickled and written."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import cobre
from cobre._cobre.entities import _entity

CLASSES = ["hydros", "thermals", "buses", "lines", "stages"]
FRAMES: dict[str, Callable[[cobre.Table], Any]] = {
    "cobre": lambda table: table,
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
    "duckdb": lambda table: duckdb.from_arrow(pa.table(table)),
}


def test_a_case_is_made_of_its_files(case: cobre.Case) -> None:
    files = case.files
    assert list(files) == sorted(files)
    assert {"config.json", "stages.json", "system/hydros.json"} <= set(files)
    assert "README.md" not in files
    assert files["config.json"] == Path("datasets/four-reservoirs/config.json").read_bytes()
    again = cobre.Case.from_files(files, name="again")
    assert again == case
    assert (again.hash, again.study_hash, again.name) == (case.hash, case.study_hash, "again")
    assert case.config == json.loads(files["config.json"])


def test_a_case_is_made_of_plain_data_and_tables(case: cobre.Case) -> None:
    files: dict[str, Any] = {}
    for path, content in case.files.items():
        name = Path(path).stem
        files[path] = json.loads(content) if path.endswith(".json") else pl.DataFrame(case.table(name))
    again = cobre.Case.from_files(files)
    assert again.name == "case"
    assert again != case
    assert_same_study(again, case)


def assert_same_study(one: cobre.Case, other: cobre.Case) -> None:
    """Nothing differs but the bytes of the files."""
    for name in CLASSES:
        assert getattr(one, name) == getattr(other, name)
    assert one.openings == other.openings
    assert one.inflow_model == other.inflow_model
    assert one.topology.cascade_order == other.topology.cascade_order


@pytest.mark.parametrize("library", sorted(FRAMES))
@pytest.mark.parametrize("name", CLASSES)
def test_entities_go_through_every_library(case: cobre.Case, toy: cobre.Case, name: str, library: str) -> None:
    for study in (case, toy):
        rows: dict[str, Any] = {name: FRAMES[library](study.table(name))}
        assert_same_study(study.with_(**rows), study)


def test_flat_entities_go_through_pandas(case: cobre.Case) -> None:
    frame = case.table("thermals").to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert_same_study(case.with_(thermals=frame), case)


def test_tables_are_what_the_files_hold(case: cobre.Case) -> None:
    names = case.tables
    assert set(CLASSES) | {"inflow_seasonal_stats", "load_seasonal_stats"} <= set(names)
    for name in names:
        table = case.table(name)
        assert (table.name, table.n_rows > 0) == (name, True)
    thermals = pl.DataFrame(case.table("thermals"))
    assert thermals["generation.max_mw"].to_list() == [unit.max_generation_mw[0, 0] for unit in case.thermals]
    path = "scenarios/inflow_seasonal_stats.parquet"
    expected = pl.read_parquet(Path("datasets/four-reservoirs") / path)
    assert pl.DataFrame(case.table("inflow_seasonal_stats")).equals(expected)
    assert pl.DataFrame(case.table(path)).equals(expected)


def test_a_column_without_type_says_what_to_do(case: cobre.Case) -> None:
    plants = pl.DataFrame(case.table("hydros")).with_columns(downstream_id=pl.lit(None))
    with pytest.raises(cobre.ArgumentError, match="Null") as caught:
        case.with_(hydros=plants)
    assert caught.value.suggestion is not None
    assert "give columns without a value a type" in caught.value.suggestion
    typed = plants.cast({"downstream_id": pl.Int64})
    assert_same_study(case.with_(hydros=typed), case)


def test_an_entity_is_edited_by_a_frame(case: cobre.Case) -> None:
    plants = pl.DataFrame(case.table("hydros"))
    share = pl.when(pl.col("id") == 2).then(0.5).otherwise(1.0)
    smaller = case.with_(hydros=plants.with_columns(pl.col("reservoir.max_storage_hm3") * share), name="smaller")
    assert smaller.name == "smaller"
    assert smaller != case
    for before, after in zip(case.hydros, smaller.hydros):
        factor = 0.5 if before.id == 2 else 1.0
        np.testing.assert_array_equal(after.max_storage_hm3, before.max_storage_hm3 * factor)
    assert smaller.openings == case.openings
    assert case.with_().hash == case.hash


def test_entities_are_removed_and_added(case: cobre.Case) -> None:
    units = pl.DataFrame(case.table("thermals"))
    fewer = case.with_(thermals=units.filter(pl.col("bus_id") == 1))
    assert {unit.bus_id for unit in fewer.thermals} == {1}
    new = units.head(1).with_columns(id=pl.lit(9001), name=pl.lit("New"), cost_per_mwh=pl.lit(12.5))
    more = case.with_(thermals=pl.concat([units, new], how="vertical_relaxed"))
    assert len(more.thermals) == len(case.thermals) + 1
    assert more.thermals[-1].cost_per_mwh[0] == 12.5
    none = case.with_(thermals=units.clear())
    assert none.thermals == ()


def test_settings_are_a_merge_patch(case: cobre.Case) -> None:
    changed = case.with_(
        config={"training": {"tree_seed": 7, "scenario_source": {"seed": None}}, "simulation": {"enabled": False}}
    )
    assert changed.config["training"]["tree_seed"] == 7
    assert "seed" not in changed.config["training"]["scenario_source"]
    assert changed.config["training"]["selection"] == case.config["training"]["selection"]
    assert changed.openings != case.openings
    assert changed.study_hash != case.study_hash
    assert changed.hydros == case.hydros
    with pytest.raises(cobre.ArgumentError, match="has none for this phase"):
        cobre.sample_noise(changed, 3, phase="simulation")


def test_settings_that_are_not_known_are_found(case: cobre.Case) -> None:
    with pytest.raises(cobre.ValidationError) as caught:
        case.with_(config={"training": {"forward_passes": 8}})
    assert [finding["code"] for finding in caught.value.findings if finding["severity"] == "error"] == [
        "schema.retired_key"
    ]


def test_a_table_is_replaced_added_and_removed(case: cobre.Case) -> None:
    stats = pl.DataFrame(case.table("inflow_seasonal_stats"))
    path = "scenarios/inflow_seasonal_stats.parquet"
    wetter = case.with_(files={path: stats.with_columns(pl.col("mean_m3s") * 1.1)})
    np.testing.assert_allclose(wetter.inflow_model.seasonal_means, case.inflow_model.seasonal_means * 1.1, rtol=1e-15)
    # Labels may come as 64-bit integers, as most libraries make them.
    bounds = pl.DataFrame({"thermal_id": [case.thermals[0].id], "stage_id": [3], "max_generation_mw": [600.0]})
    bounded = case.with_(files={"constraints/thermal_bounds.parquet": bounds})
    limits = bounded.thermals[0].max_generation_mw[:, 0]
    assert limits[3] == 600.0
    assert (np.delete(limits, 3) == case.thermals[0].max_generation_mw[0, 0]).all()
    removed = bounded.with_(files={"constraints/thermal_bounds.parquet": None})
    assert removed == case


def test_openings_are_given_as_a_file(case: cobre.Case) -> None:
    data = case.openings.data
    opening, stage, entity = np.indices(data.shape)
    rows = {
        "stage_id": stage.ravel(),
        "opening_index": opening.ravel(),
        "entity_index": entity.ravel(),
        "value": data.ravel(),
    }
    given = case.with_(
        files={"scenarios/noise_openings.parquet": pl.DataFrame(rows)},
        config={"training": {"scenario_source": {"openings": {"source": "file"}}}},
    )
    assert given.openings == case.openings
    document = json.loads(case.files["stages.json"])
    document["stages"][1]["num_openings"] = 5
    fewer = case.with_(files={"stages.json": document})
    assert [fewer.openings.n_openings(t) for t in range(3)] == [20, 5, 20]
    assert fewer.openings.data.shape == data.shape
    missing = np.isnan(fewer.openings.data[:, :, 0])
    np.testing.assert_array_equal(missing, np.isnan(fewer.openings.data[:, :, -1]))
    assert missing[5:, 1].all()
    assert missing.sum() == 15
    np.testing.assert_array_equal(fewer.openings.data[:, 0], data[:, 0])
    np.testing.assert_array_equal(fewer.openings.data[:5, 1], data[:5, 1])
    assert "a differing number of openings" in repr(fewer.openings)


def test_what_makes_no_valid_case_is_refused_with_findings(case: cobre.Case) -> None:
    buses = pl.DataFrame(case.table("buses"))
    with pytest.raises(cobre.ValidationError) as caught:
        case.with_(buses=buses.filter(pl.col("id") != 1))
    assert "referential.1" in {finding["code"] for finding in caught.value.findings}
    with pytest.raises(cobre.ValidationError, match="required and missing"):
        cobre.Case.from_files({})


@pytest.mark.parametrize(
    ("edits", "error", "message"),
    [
        ({"hydros": [1, 2]}, TypeError, "__arrow_c_stream__"),
        ({"files": {"config.json": 3}}, TypeError, "config.json is a dict"),
        ({"files": {3: {}}}, TypeError, "int"),
        ({"config": [1]}, TypeError, "config is a dict, found list"),
        ({"config": {"training": {"tree_seed": float("nan")}}}, cobre.ArgumentError, "config: not plain data"),
        ({"files": {"../config.json": b"{}"}}, cobre.ArgumentError, "not the path of a file below the case"),
        ({"files": {"system/reservoirs.json": None}}, cobre.ArgumentError, "the case has no system/reservoirs.json"),
        ({"files": {"scenarios/none.parquet": pl.DataFrame({"a": [1]})}}, cobre.ArgumentError, "not a table"),
        ({"hydros": pl.DataFrame({"id": [1.0, float("nan")]})}, cobre.ArgumentError, "not finite"),
    ],
)
def test_edits_that_cannot_be_made(
    case: cobre.Case, edits: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        case.with_(**edits)


def test_a_table_that_is_not_there_is_an_argument_error(case: cobre.Case) -> None:
    with pytest.raises(cobre.ArgumentError, match="no table `reservoirs`; its tables: buses, hydros"):
        case.table("reservoirs")
    with pytest.raises(cobre.ArgumentError):
        case.table("config.json")


def test_a_case_is_written_and_read(case: cobre.Case, toy: cobre.Case, tmp_path: Path) -> None:
    edited = case.with_(config={"training": {"tree_seed": 5}}, name="edited")
    edited.write(tmp_path / "edited")
    read = cobre.CaseLoader.load(tmp_path / "edited")
    assert read == edited
    assert read.name == "edited"
    with pytest.raises(cobre.IOError, match="something is there already") as caught:
        case.write(tmp_path / "edited")
    assert caught.value.kind == "case_not_written"
    assert caught.value.suggestion == "choose another place, or ask to overwrite it"
    (tmp_path / "edited/notes.md").write_text("mine")
    toy.write(tmp_path / "edited", overwrite=True)
    assert cobre.CaseLoader.load(tmp_path / "edited") == toy
    assert (tmp_path / "edited/notes.md").read_text() == "mine"
    case.write("memory://cases/written")
    assert cobre.CaseLoader.load("memory://cases/written") == case
    assert cobre.CaseLoader.load("memory://cases/written").name == "written"


def test_cases_and_their_parts_are_pickled(case: cobre.Case) -> None:
    whole = (case, case.hydros, case.thermals[3], case.buses, case.lines, case.stages, case.topology)
    content = pickle.dumps((*whole, case.inflow_model, case.openings))
    # The files are in it once.
    assert len(content) < 1.2 * sum(map(len, case.files.values())) + 50_000
    again = pickle.loads(content)
    assert again == (*whole, case.inflow_model, case.openings)
    assert again[0].name == case.name
    np.testing.assert_array_equal(again[-1].data, case.openings.data)


def test_a_pickle_of_what_is_not_there_is_refused(case: cobre.Case) -> None:
    for name, position in (("hydros", 4), ("thermals", 95), ("buses", 5), ("lines", 5), ("stages", 12), ("dams", 0)):
        with pytest.raises(cobre.ArgumentError, match=rf"the case has no {name}\[{position}\]"):
            _entity(case, name, position)


def test_a_pickle_is_read_by_another_process(case: cobre.Case, tmp_path: Path) -> None:
    (tmp_path / "case.pickle").write_bytes(pickle.dumps((case, case.hydros[1])))
    script = "import pickle, sys; c, h = pickle.load(open(sys.argv[1], 'rb')); print(c.hash, h.name)"
    answer = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "case.pickle"], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split(maxsplit=1) == [case.hash, "South reservoir\n"]
