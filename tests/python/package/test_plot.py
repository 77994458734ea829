"""Charts: what they show, and that they can be drawn."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import altair as alt
import numpy as np
import polars as pl
import pytest

import cobre
from cobre import plot

Draw = Callable[[cobre.Case, cobre.TrainingResult, cobre.SimulationResult], Any]

CHARTS: dict[str, Draw] = {
    "convergence": lambda _case, trained, _simulated: plot.convergence(trained),
    "storage_fan": lambda case, _trained, simulated: plot.storage_fan(
        simulated, names={plant.id: plant.name for plant in case.hydros}
    ),
    "marginal_cost_duration": lambda _case, _trained, simulated: plot.marginal_cost_duration(simulated),
    "marginal_cost_heat_map": lambda _case, _trained, simulated: plot.marginal_cost_heat_map(simulated, n_bands=8),
    "generation_mix": lambda _case, _trained, simulated: plot.generation_mix(simulated),
    "cost_distribution": lambda _case, _trained, simulated: plot.cost_distribution(simulated),
    "water_value_curves": lambda case, trained, _simulated: plot.water_value_curves(
        trained.policy, case.hydros[0].id, (0.0, float(case.hydros[0].max_storage_hm3[0])), stage_id=[0, 5]
    ),
    "cut_planes": lambda case, trained, _simulated: plot.cut_planes(
        trained.policy, case.hydros[0].id, (0.0, float(case.hydros[0].max_storage_hm3[0])), stage_id=5
    ),
}


def test_every_function_of_the_module_is_drawn_here() -> None:
    assert sorted(CHARTS) == sorted(plot.__all__)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_small_and_can_be_drawn(
    name: str, case: cobre.Case, trained: cobre.TrainingResult, simulated: cobre.SimulationResult
) -> None:
    chart = CHARTS[name](case, trained, simulated)
    described = chart.to_dict()
    rows = sum(len(rows) for rows in described["datasets"].values())
    assert 0 < rows <= 1500, "charts carry aggregates"
    picture = io.StringIO()
    chart.save(picture, format="svg")
    assert picture.getvalue().startswith("<svg")
    assert picture.getvalue().count("<path") > 5


def data(chart: Any) -> pl.DataFrame:
    """The frame behind a chart."""
    frame = chart.data
    assert isinstance(frame, pl.DataFrame)
    return frame


def test_the_generation_mix_is_the_energy_of_the_tables(simulated: cobre.SimulationResult) -> None:
    frame = data(plot.generation_mix(simulated))
    for source, table in [("hydro", "hydros"), ("thermal", "thermals")]:
        total = simulated.scan(table).select(pl.col("generation_mwh").sum()).collect().item()
        drawn = frame.filter(source=source)["mean_gwh"].sum()
        assert drawn == pytest.approx(total / 1000 / simulated.n_scenarios, rel=1e-12)


def test_the_fan_has_the_quantiles_of_numpy(simulated: cobre.SimulationResult) -> None:
    frame = data(plot.storage_fan(simulated, 1))
    assert frame["hydro_id"].unique().to_list() == [1]
    rows = simulated.scan("hydros").filter(hydro_id=1, stage_id=5, block_id=0).collect()
    storage = rows["storage_final_hm3"].to_numpy()
    row = frame.row(by_predicate=pl.col("stage_id") == 5, named=True)
    for name, level in [("p5", 0.05), ("median", 0.5), ("p95", 0.95)]:
        assert row[name] == pytest.approx(np.quantile(storage, level), rel=1e-12)


def test_the_duration_curve_ends_with_all_hours_and_falls(simulated: cobre.SimulationResult) -> None:
    frame = data(plot.marginal_cost_duration(simulated, n_points=10_000)).filter(bus_id=1)
    assert frame["share_of_hours"][-1] == pytest.approx(1.0)
    assert frame["share_of_hours"].is_sorted()
    assert frame["spot_price"].is_sorted(descending=True)
    dearest = simulated.scan("buses").filter(bus_id=1).select(pl.col("spot_price").max()).collect().item()
    assert frame["spot_price"][0] == dearest


def test_the_heat_map_keeps_the_mean_of_a_stage(simulated: cobre.SimulationResult) -> None:
    frame = data(plot.marginal_cost_heat_map(simulated, 2, n_bands=4))
    assert frame.height == 12 * 4
    mean = simulated.scan("buses").filter(bus_id=2, stage_id=7).select(pl.col("spot_price").mean()).collect().item()
    assert frame.filter(stage_id=7)["price"].mean() == pytest.approx(mean, rel=1e-9)


@pytest.mark.parametrize("tail", [0.05, 0.5, 1.0])
def test_the_tail_of_the_cost_is_that_of_the_results(simulated: cobre.SimulationResult, tail: float) -> None:
    chart = plot.cost_distribution(simulated, tail_probability=tail)
    marks = data(chart.layer[1])
    costs = dict(zip(marks["label"], marks["cost"], strict=True))
    assert costs["CVaR"] == pytest.approx(simulated.cvar(tail), rel=1e-12)
    assert costs["mean"] == pytest.approx(simulated.mean_cost, rel=1e-12)


def test_the_envelope_is_above_every_cut(case: cobre.Case, trained: cobre.TrainingResult) -> None:
    chart = CHARTS["cut_planes"](case, trained, None)  # type: ignore[arg-type]
    planes, envelope = data(chart.layer[0]), data(chart.layer[1])
    for row in planes.iter_rows(named=True):
        share = (envelope["storage_hm3"] - row["low"]) / (row["high"] - row["low"])
        along = row["cost_low"] + share * (row["cost_high"] - row["cost_low"])
        assert (along <= envelope["cost"] * (1 + 1e-9) + 1e-6).all()


def test_water_is_worth_less_the_more_there_is(case: cobre.Case, trained: cobre.TrainingResult) -> None:
    frame = data(CHARTS["water_value_curves"](case, trained, None))  # type: ignore[arg-type]
    for _, curve in frame.group_by("stage_id"):
        assert curve.sort("storage_hm3")["value"].is_sorted(descending=True)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda r, _p: plot.cost_distribution(r, tail_probability=0.0), "tail_probability"),
        (lambda r, _p: plot.cost_distribution(r, n_bins=0), "n_bins"),
        (lambda _r, p: plot.cut_planes(p, 99, (0.0, 1.0)), "no storage of plant 99"),
        (lambda _r, p: plot.cut_planes(p, 1, (1.0, 1.0)), "low < high"),
        (lambda _r, p: plot.water_value_curves(p, 1, (0.0, 1.0), at={"storage_9": 1.0}), "no storage_9"),
        (lambda _r, p: plot.water_value_curves(p, 1, (0.0, 1.0), stage_id=77), "77"),
    ],
)
def test_wrong_arguments_are_named(
    draw: Callable[[cobre.SimulationResult, cobre.Policy], alt.Chart],
    message: str,
    trained: cobre.TrainingResult,
    simulated: cobre.SimulationResult,
) -> None:
    with pytest.raises(ValueError, match=message):
        draw(simulated, trained.policy)


def test_charts_are_there_when_they_are_asked_for() -> None:
    command = "import sys, cobre; assert 'altair' not in sys.modules; print(cobre.plot.storage_fan.__name__)"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == "storage_fan\n"


def test_without_altair_it_is_said_what_to_install() -> None:
    command = "import sys, cobre; sys.modules['altair'] = None; cobre.plot"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith("ModuleNotFoundError: charts need Altair; hint: pip install altair\n")


def test_charts_without_altair_say_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "altair" or name.startswith("cobre.plot")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "altair", None)
    monkeypatch.delattr(cobre, "plot", raising=False)
    with pytest.raises(ModuleNotFoundError, match="pip install altair"):
        cobre.plot.convergence  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'plots'"):
        cobre.plots  # noqa: B018
