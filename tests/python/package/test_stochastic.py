"""The stochastic process: arrays against files, sampled paths against what they are sampled from."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

import cobre

FOUR_RESERVOIRS = Path("datasets/four-reservoirs")
Floats = npt.NDArray[np.float64]


def matrix(frame: pl.DataFrame, case: cobre.Case, column: str) -> Floats:
    """A column by stage and plant."""
    values = {(row["stage_id"], row["hydro_id"]): row[column] for row in frame.iter_rows(named=True)}
    return np.array([[values[stage.id, plant.id] for plant in case.hydros] for stage in case.stages])


def address(array: Floats) -> int:
    return int(array.__array_interface__["data"][0])


def test_statistics_of_the_inflow_are_those_of_the_file(case: cobre.Case) -> None:
    model = case.inflow_model
    rows = pl.read_parquet(FOUR_RESERVOIRS / "scenarios/inflow_seasonal_stats.parquet")
    np.testing.assert_array_equal(model.seasonal_means, matrix(rows, case, "mean_m3s"))
    np.testing.assert_array_equal(model.seasonal_standard_deviations, matrix(rows, case, "std_m3s"))
    assert model.stage_ids == [stage.id for stage in case.stages]
    assert model.hydro_ids == [plant.id for plant in case.hydros]


def test_coefficients_are_those_of_the_file(case: cobre.Case) -> None:
    model = case.inflow_model
    rows = pl.read_parquet(FOUR_RESERVOIRS / "scenarios/inflow_ar_coefficients.parquet")
    assert model.order == rows["lag"].max() == 1
    np.testing.assert_array_equal(model.ar_coefficients[:, :, 0], matrix(rows, case, "coefficient"))


def test_coefficients_in_flow_follow_from_the_statistics(case: cobre.Case) -> None:
    model = case.inflow_model
    std, mean = model.seasonal_standard_deviations, model.seasonal_means
    psi = model.ar_coefficients[1:, :, 0] * std[1:] / std[:-1]
    np.testing.assert_allclose(model.lag_coefficients[1:, :, 0], psi, rtol=1e-14)
    np.testing.assert_allclose(model.base_inflow_m3s[1:], mean[1:] - psi * mean[:-1], rtol=1e-12)
    ratio = model.residual_standard_deviations / std
    assert ((ratio > 0) & (ratio <= 1)).all()
    assert (ratio < 1).any()


def test_the_inflow_model_shares_its_memory(case: cobre.Case) -> None:
    model = case.inflow_model
    assert address(model.seasonal_means) == model._address()
    assert address(model.seasonal_means) == address(model.seasonal_means)
    for array in (
        model.seasonal_means,
        model.seasonal_standard_deviations,
        model.ar_coefficients,
        model.lag_coefficients,
        model.base_inflow_m3s,
        model.residual_standard_deviations,
    ):
        assert array.dtype == np.float64
        assert not array.flags.owndata
        assert not array.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0.0
    assert repr(model) == "PARModel(order 1, 12 stages, 4 hydro plants)"


def test_the_correlation_is_that_of_the_file(case: cobre.Case) -> None:
    document = json.loads((FOUR_RESERVOIRS / "scenarios/correlation.json").read_text())
    (profile,) = document["profiles"].values()
    expected = np.eye(len(case.openings.entities))
    position = {entity: index for index, entity in enumerate(case.openings.entities)}
    for group in profile["correlation_groups"]:
        members = [position[entity["type"], entity["id"]] for entity in group["entities"]]
        expected[np.ix_(members, members)] = group["matrix"]
    assert not np.array_equal(expected, np.eye(len(expected)))
    np.testing.assert_array_equal(case.inflow_model.correlation(), expected)
    np.testing.assert_array_equal(case.inflow_model.correlation(11), expected)


def test_openings_are_a_view_of_the_tree(case: cobre.Case) -> None:
    tree = case.openings
    data = tree.data
    assert data.shape == (20, 12, len(tree.entities))
    assert tree.n_stages == 12
    assert [tree.n_openings(stage) for stage in range(12)] == [20] * 12
    assert address(data) == tree._address() == address(case.openings.data)
    assert not data.flags.writeable
    assert not data.flags.owndata
    # Rust holds stage after stage.
    n_entities = len(tree.entities)
    assert data.strides == (8 * n_entities, 8 * 20 * n_entities, 8)
    with pytest.raises(ValueError, match="read-only"):
        data[0, 0, 0] = 1.0


def test_openings_outlive_their_case() -> None:
    data = cobre.CaseLoader.load(FOUR_RESERVOIRS).openings.data
    copy = data.copy()
    gc.collect()
    [np.full(12_000, np.nan) for _ in range(100)]
    np.testing.assert_array_equal(data, copy)
    assert np.isfinite(data).all()


def test_noise_of_openings_is_standard(case: cobre.Case) -> None:
    data = case.openings.data
    assert abs(data.mean()) < 0.15
    assert 0.85 < data.std() < 1.15


def test_sampled_noise_is_of_the_openings(case: cobre.Case) -> None:
    openings = case.openings.data
    noise = cobre.sample_noise(case, 50, iteration=2)
    assert noise.shape == (50, 12, openings.shape[2])
    counts = np.zeros((12, 20), dtype=int)
    for path in noise:
        for stage, vector in enumerate(path):
            (found,) = np.flatnonzero((openings[:, stage] == vector).all(axis=1))
            counts[stage, found] += 1
    assert (counts.sum(axis=1) == 50).all()
    assert ((counts > 0).sum(axis=1) > 12).all()


def test_samples_are_functions_of_seed_phase_iteration_and_path(case: cobre.Case) -> None:
    first = cobre.sample_noise(case, 30, iteration=1)
    np.testing.assert_array_equal(first, cobre.sample_noise(case.openings, 30))
    np.testing.assert_array_equal(first[:10], cobre.sample_noise(case, 10))
    np.testing.assert_array_equal(first, cobre.sample_noise(case, 30, seed=2011))
    for other in (
        cobre.sample_noise(case, 30, iteration=2),
        cobre.sample_noise(case, 30, seed=1),
        cobre.sample_noise(case, 30, phase="simulation"),
    ):
        assert not np.array_equal(first, other)
    simulated = cobre.sample_noise(case, 30, phase="simulation")
    np.testing.assert_array_equal(simulated, cobre.sample_noise(case, 30, phase="simulation", iteration=9))


def test_inflow_along_paths_is_the_recursion_of_the_model(case: cobre.Case) -> None:
    model = case.inflow_model
    noise = cobre.sample_noise(case, 40, phase="simulation")[:, :, : len(case.hydros)]
    inflow = model.sample_inflow(40, phase="simulation")
    assert inflow.shape == (40, 12, 4)
    past = np.array([plant.initial_inflow_lags_m3s[0] for plant in case.hydros])[np.newaxis]
    for stage in range(12):
        residual = model.residual_standard_deviations[stage] * noise[:, stage]
        expected = model.base_inflow_m3s[stage] + model.lag_coefficients[stage, :, 0] * past + residual
        np.testing.assert_allclose(inflow[:, stage], expected, rtol=1e-12)
        past = inflow[:, stage]


@pytest.mark.parametrize("method", ["penalty", "truncation"])
def test_inflow_along_paths_is_that_of_the_simulation(case: cobre.Case, method: str) -> None:
    study = case.with_(
        config={
            "modeling": {"inflow_non_negativity": {"method": method}},
            "training": {"stopping_rules": [{"type": "iteration_limit", "limit": 1}]},
            "simulation": {"selection": {"num_scenarios": 32}},
        }
    )
    policy = cobre.train(study, progress=False).policy
    rows = cobre.simulate(study, policy, progress=False)["hydros"].to_polars()
    rows = rows.sort("scenario_id", "stage_id", "hydro_id")
    simulated = rows["inflow_m3s"].to_numpy().reshape(32, 12, 4)
    sampled = study.inflow_model.sample_inflow(32, phase="simulation")
    if method == "penalty":
        assert (sampled < 0).any()
        np.testing.assert_array_equal(sampled, simulated)
    else:
        # The solver's value, where the inflow is a column of the stage problem.
        assert not (sampled < 0).any()
        np.testing.assert_allclose(sampled, simulated, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n: from 1 to"),
        ({"n": 10**9}, "n: from 1 to"),
        ({"n": 1, "iteration": 0}, "iterations count from 1"),
        ({"n": 1, "phase": "backward"}, 'phase: "training" or "simulation" is needed, found "backward"'),
    ],
)
def test_samples_that_cannot_be_are_argument_errors(case: cobre.Case, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(cobre.ArgumentError, match=message):
        cobre.sample_noise(case, **arguments)
    with pytest.raises(cobre.ArgumentError, match=message):
        case.inflow_model.sample_inflow(**arguments)


def test_what_is_no_case_has_no_noise(case: cobre.Case) -> None:
    with pytest.raises(TypeError):
        cobre.sample_noise("four-reservoirs", 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        cobre.sample_noise(case, 3.5)  # type: ignore[arg-type]
    with pytest.raises(OverflowError):
        cobre.sample_noise(case, -3)


def test_a_stage_that_is_not_there_is_an_argument_error(case: cobre.Case) -> None:
    with pytest.raises(cobre.ArgumentError, match="stage: a position from 0 to 11 is needed, found 12"):
        case.openings.n_openings(12)
    with pytest.raises(cobre.ArgumentError, match="stage: a position from 0 to 11 is needed, found 12"):
        case.inflow_model.correlation(12)


def test_processes_are_compared_by_what_they_say(case: cobre.Case, toy: cobre.Case) -> None:
    again = cobre.CaseLoader.load(FOUR_RESERVOIRS)
    assert case.openings == again.openings != toy.openings
    assert case.inflow_model == again.inflow_model != toy.inflow_model
    assert hash(case.openings) == hash(again.openings)
    assert hash(case.inflow_model) == hash(again.inflow_model)
    assert case.openings != "openings"


EXTERNAL = {
    "inflow": ("hydro_id", "value_m3s"),
    "load": ("bus_id", "value_mw"),
    "availability": ("ncs_id", "availability_factor"),
}


def scenarios(entity: str, value: str, sizes: dict[int, int]) -> pl.DataFrame:
    """Scenarios of two entities, as many at a stage as `sizes` says, in no order."""
    rows = [
        (stage, scenario, label, scenario / 8 + stage / 64 + label / 512)
        for stage, size in sizes.items()
        for scenario in range(size)
        for label in (7, 3)
    ]
    schema = {"stage_id": pl.Int32, "scenario_id": pl.Int32, entity: pl.Int32, value: pl.Float64}
    return pl.DataFrame(rows[::-1], schema=schema, orient="row")


@pytest.mark.parametrize("kind", sorted(EXTERNAL))
def test_given_scenarios_are_an_array(kind: str, tmp_path: Path) -> None:
    entity, value = EXTERNAL[kind]
    frame = scenarios(entity, value, {4: 3, 2: 3})
    frame.write_parquet(tmp_path / "given.parquet")
    given = cobre.load_external_scenarios(tmp_path / "given.parquet")
    assert (given.kind, given.stage_ids, given.entity_ids, given.n_scenarios) == (kind, [2, 4], [3, 7], [3, 3])
    expected = [[[k / 8 + stage / 64 + label / 512 for label in (3, 7)] for stage in (2, 4)] for k in range(3)]
    np.testing.assert_array_equal(given.data, expected)
    assert not given.data.flags.writeable
    assert address(given.data) == address(given.data)
    assert pl.DataFrame(given).equals(frame.sort("stage_id", "scenario_id", entity))
    assert given.to_table().to_polars().equals(pl.DataFrame(given))
    assert repr(given) == f"ExternalScenarios({kind}: 3 scenarios, 2 stages, 2 entities)"


def test_stages_may_have_different_numbers_of_scenarios(tmp_path: Path) -> None:
    frame = scenarios("hydro_id", "value_m3s", {0: 1, 1: 3})
    frame.write_parquet(tmp_path / "given.parquet")
    given = cobre.load_external_scenarios(str(tmp_path / "given.parquet"))
    assert given.n_scenarios == [1, 3]
    np.testing.assert_array_equal(np.isnan(given.data).all(axis=2), [[False, False], [True, False], [True, False]])
    assert pl.DataFrame(given).equals(frame.sort("stage_id", "scenario_id", "hydro_id"))


def test_openings_of_a_file_are_scenarios_of_noise(case: cobre.Case, tmp_path: Path) -> None:
    data = case.openings.data
    opening, stage, entity = np.indices(data.shape)
    columns = {
        "stage_id": pl.Series(stage.ravel(), dtype=pl.Int32),
        "opening_index": pl.Series(opening.ravel(), dtype=pl.UInt32),
        "entity_index": pl.Series(entity.ravel(), dtype=pl.UInt32),
        "value": pl.Series(data.ravel()),
    }
    pl.DataFrame(columns).write_parquet(tmp_path / "noise_openings.parquet")
    given = cobre.load_external_scenarios((tmp_path / "noise_openings.parquet").as_uri())
    assert given.kind == "noise"
    np.testing.assert_array_equal(given.data, data)


def test_given_scenarios_with_faults_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "given.parquet"
    whole = scenarios("hydro_id", "value_m3s", {0: 2, 1: 2})

    def fault(frame: pl.DataFrame) -> dict[str, Any]:
        frame.write_parquet(path)
        with pytest.raises(cobre.ValidationError) as caught:
            cobre.load_external_scenarios(path)
        finding: dict[str, Any] = caught.value.findings[0]
        assert finding["file"] == str(path)
        return finding

    assert fault(whole[1:])["code"] == "external.incomplete"
    assert fault(whole[:0])["code"] == "external.incomplete"
    assert fault(whole.drop("hydro_id"))["code"] == "external.kind"
    assert fault(whole.with_columns(bus_id=pl.col("hydro_id")))["code"] == "external.kind"
    assert fault(whole.drop("value_m3s"))["code"] == "schema.column_missing"
    assert fault(whole.cast({"stage_id": pl.Int64}))["code"] == "schema.column_type"
    assert fault(whole.with_columns(value_m3s=pl.lit(float("nan"))))["code"] == "schema.not_finite"
    assert fault(whole.with_columns(pl.col("scenario_id") - 1))["code"] == "schema.range"
    twice = pl.concat([whole[1:], whole[1:2]])
    assert fault(twice)["code"] == "referential.duplicate_row"
    path.write_bytes(b"no table")
    with pytest.raises(cobre.ValidationError, match="not readable as Parquet"):
        cobre.load_external_scenarios(path)


def test_a_file_of_scenarios_that_is_not_there_is_an_io_error(tmp_path: Path) -> None:
    with pytest.raises(cobre.IOError):
        cobre.load_external_scenarios(tmp_path / "absent.parquet")
