"""Simulation in memory and into runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import cobre
from studies import SMALL, scenarios
from test_training import rows


def test_costs_are_those_of_the_tables(simulated: cobre.SimulationResult) -> None:
    assert simulated.n_scenarios == 32
    assert not simulated.stopped
    costs = simulated.costs
    assert costs.shape == (32,)
    assert not costs.flags.writeable
    assert simulated.mean_cost == pytest.approx(costs.mean())
    assert simulated.std_cost == pytest.approx(costs.std(ddof=1))
    summary = simulated["scenario_summary"].to_polars()
    np.testing.assert_array_equal(summary["discounted_immediate_cost"].to_numpy(), costs)


def test_the_tail_is_the_mean_of_the_worst(simulated: cobre.SimulationResult) -> None:
    worst = np.sort(simulated.costs)[::-1]
    assert simulated.cvar(1.0) == pytest.approx(simulated.mean_cost)
    assert simulated.cvar(4 / 32) == pytest.approx(worst[:4].mean())
    assert simulated.cvar(1.5 / 32) == pytest.approx((worst[0] + 0.5 * worst[1]) / 1.5)
    statistics = simulated["cost_statistics"].to_polars() if "simulation/cost_statistics" in simulated.names else None
    assert statistics is None or simulated.cvar() > simulated.mean_cost
    for tail in (0.0, -0.1, 1.1, float("nan")):
        with pytest.raises(cobre.ArgumentError, match="tail"):
            simulated.cvar(tail)


def test_results_do_not_depend_on_threads(
    case: cobre.Case, trained: cobre.TrainingResult, simulated: cobre.SimulationResult
) -> None:
    again = cobre.simulate(case, trained.policy, SMALL, threads=2)
    np.testing.assert_array_equal(again.costs, simulated.costs)
    for name in simulated.names:
        assert_frame_equal(rows(again[name]), rows(simulated[name]))


def test_a_run_has_the_results_that_memory_has(
    case: cobre.Case, trained: cobre.TrainingResult, simulated: cobre.SimulationResult, tmp_path: Path
) -> None:
    stored = cobre.simulate(case, trained, SMALL, output=tmp_path / "stored")
    assert stored.output is not None
    np.testing.assert_array_equal(stored.costs, simulated.costs)
    assert (stored.mean_cost, stored.std_cost) == (simulated.mean_cost, simulated.std_cost)
    assert stored.names == simulated.names
    written = simulated.write(tmp_path / "written")
    together = trained.write(tmp_path / "together", simulation=simulated)
    for name in simulated.names:
        expected = rows(simulated[name])
        assert_frame_equal(rows(stored[name]), expected)
        assert_frame_equal(rows(written[name]), expected)
        assert_frame_equal(rows(together[name]), expected)
    assert set(trained.names) | set(simulated.names) <= set(together.names)
    with pytest.raises(cobre.ArgumentError, match="in a run already"):
        stored.write(tmp_path / "again")


def test_a_simulation_is_lazy_where_asked(simulated: cobre.SimulationResult) -> None:
    scan = simulated.scan("hydros")
    assert isinstance(scan, pl.LazyFrame)
    n_rows = scan.select(pl.len()).collect().item()
    assert n_rows == simulated["hydros"].n_rows == 32 * 12 * 4


def test_a_stopped_simulation_keeps_what_was_done(
    case: cobre.Case, trained: cobre.TrainingResult, tmp_path: Path
) -> None:
    overrides = {**scenarios(64), "exports": {"results": {"bucket_size": 8}}}
    straight = cobre.simulate(case, trained, overrides)
    stop = cobre.StopRequest()

    def hear(event: dict[str, Any]) -> None:
        if event.get("scenarios_complete"):
            stop.request()

    begun = cobre.simulate(case, trained, overrides, output=tmp_path, stop=stop, progress=hear)
    assert begun.stopped
    assert begun.n_scenarios < 64
    np.testing.assert_array_equal(begun.costs, straight.costs[: begun.n_scenarios])


def test_the_policy_of_another_system_is_refused(
    toy: cobre.Case, trained: cobre.TrainingResult, tmp_path: Path
) -> None:
    for output in (None, tmp_path / "new"):
        with pytest.raises(cobre.PolicyError):
            cobre.simulate(toy, trained, SMALL, output=output)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"solver": "simplex"}, "solver"),
        ({"run": 1}, "run"),
        ({"config_overrides": {"simulation": {"enabled": False}}}, "case"),
    ],
)
def test_arguments_that_do_not_fit_are_named(
    case: cobre.Case, trained: cobre.TrainingResult, options: dict[str, Any], argument: str
) -> None:
    with pytest.raises(cobre.ArgumentError) as caught:
        cobre.simulate(case, trained, **options)
    assert caught.value.context["argument"] == argument


def test_results_outlive_what_they_came_from(case: cobre.Case, trained: cobre.TrainingResult) -> None:
    costs = cobre.simulate(case, trained, SMALL).costs
    hydros = cobre.simulate(case, trained, SMALL)["hydros"].to_polars()
    assert np.isfinite(costs).all()
    assert (hydros["storage_final_hm3"].to_numpy() >= 0.0).all()


def test_results_say_what_they_are(simulated: cobre.SimulationResult) -> None:
    assert repr(simulated).startswith("SimulationResult(32 scenarios, mean cost ")
    assert "<caption>simulation</caption>" in simulated._repr_html_()  # type: ignore[attr-defined]
