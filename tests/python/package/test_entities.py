"""The entities of a case against the files they come from."""

from __future__ import annotations

import datetime
import gc
import json
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import cobre

FOUR_RESERVOIRS = Path("datasets/four-reservoirs")
TOY = Path("datasets/toy")


def records(folder: Path, name: str) -> list[dict[str, Any]]:
    rows = json.loads((folder / f"system/{name}.json").read_text())[name]
    return sorted(rows, key=lambda row: (row["operational_start_date"], row["id"]))


def test_hydro_plants_are_what_their_file_says(case: cobre.Case) -> None:
    rows = records(FOUR_RESERVOIRS, "hydros")
    assert [plant.id for plant in case.hydros] == [row["id"] for row in rows]
    for index, (plant, row) in enumerate(zip(case.hydros, rows)):
        assert (plant.index, plant.name, plant.downstream_id) == (index, row["name"], row["downstream_id"])
        assert plant.diversion_downstream_id is None
        assert plant.bus_ids == (row["unit_groups"][0]["bus_id"],)
        np.testing.assert_array_equal(plant.max_storage_hm3, [row["reservoir"]["max_storage_hm3"]] * 12)
        np.testing.assert_array_equal(plant.min_storage_hm3, [row["reservoir"]["min_storage_hm3"]] * 12)
        np.testing.assert_array_equal(plant.max_turbined_m3s, [[row["generation"]["max_turbined_m3s"]]] * 12)
        np.testing.assert_array_equal(plant.min_turbined_m3s, [[row["generation"]["min_turbined_m3s"]]] * 12)
        np.testing.assert_array_equal(plant.max_generation_mw, [[row["generation"]["max_generation_mw"]]] * 12)
        np.testing.assert_array_equal(plant.min_generation_mw, [[row["generation"]["min_generation_mw"]]] * 12)
        assert np.isinf(plant.max_outflow_m3s).all()
        assert not plant.min_outflow_m3s.any()
        assert np.isinf(plant.max_spillage_m3s).all()
        assert not plant.min_spillage_m3s.any()
        assert not plant.max_diversion_m3s.any()
        assert not plant.min_diversion_m3s.any()
        assert not plant.water_withdrawal_m3s.any()
        assert plant.productivity_mw_per_m3s.shape == (12,)
        (group,) = plant.unit_groups
        declared = row["unit_groups"][0]
        assert (group.id, group.name, group.bus_id) == (declared["id"], declared["name"], declared["bus_id"])
        assert (group.min_turbined_m3s, group.max_turbined_m3s) == (0.0, declared["max_turbined_m3s"])
        assert (group.min_generation_mw, group.max_generation_mw) == (0.0, declared["max_generation_mw"])
        assert group.name in repr(group)


def test_penalties_and_the_start_come_from_their_files(case: cobre.Case) -> None:
    prices = json.loads((FOUR_RESERVOIRS / "penalties.json").read_text())["hydro"]
    storage = json.loads((FOUR_RESERVOIRS / "initial_conditions.json").read_text())["storage"]
    storage_of = {row["hydro_id"]: row["value_hm3"] for row in storage}
    for plant in case.hydros:
        assert len(plant.penalties) == 10
        for name, price in plant.penalties.items():
            np.testing.assert_array_equal(price, [prices.get(name, prices.get(name[:-9] + "_cost"))] * 12)
        assert plant.initial_storage_hm3 == storage_of[plant.id]
        assert plant.initial_inflow_lags_m3s.shape == (case.inflow_model.order,)
        assert (plant.initial_inflow_lags_m3s > 0).all()


def test_thermal_units_are_what_their_file_says(case: cobre.Case) -> None:
    rows = records(FOUR_RESERVOIRS, "thermals")
    for index, (unit, row) in enumerate(zip(case.thermals, rows, strict=True)):
        assert (unit.index, unit.id, unit.name, unit.bus_id) == (index, row["id"], row["name"], row["bus_id"])
        np.testing.assert_array_equal(unit.cost_per_mwh, [row["cost_per_mwh"]] * 12)
        np.testing.assert_array_equal(unit.min_generation_mw, [[row["generation"]["min_mw"]]] * 12)
        np.testing.assert_array_equal(unit.max_generation_mw, [[row["generation"]["max_mw"]]] * 12)
    assert (
        repr(case.thermals[0])
        == f'ThermalUnit(id={rows[0]["id"]}, name="{rows[0]["name"]}", bus_id={rows[0]["bus_id"]})'
    )


def test_buses_are_what_their_files_say(case: cobre.Case) -> None:
    load = pl.read_parquet(FOUR_RESERVOIRS / "scenarios/load_seasonal_stats.parquet")
    prices = json.loads((FOUR_RESERVOIRS / "penalties.json").read_text())["bus"]
    for index, (bus, row) in enumerate(zip(case.buses, records(FOUR_RESERVOIRS, "buses"), strict=True)):
        assert (bus.index, bus.id, bus.name) == (index, row["id"], row["name"])
        segments = row.get("deficit_segments", prices["deficit_segments"])
        depths = [math.inf if segment["depth_mw"] is None else segment["depth_mw"] for segment in segments]
        assert [segment.depth_mw for segment in bus.deficit_segments] == depths
        assert [segment.cost_per_mwh for segment in bus.deficit_segments] == [segment["cost"] for segment in segments]
        rows = load.filter(bus_id=bus.id).filter(pl.col("stage_id") >= 0).sort("stage_id")
        np.testing.assert_array_equal(bus.load_mean_mw, rows["mean_mw"])
        np.testing.assert_array_equal(bus.load_std_mw, rows["std_mw"])
        assert bus.has_stochastic_load == bool((rows["std_mw"] > 0).any())
        np.testing.assert_array_equal(bus.load_factors, np.ones((12, 1)))
        np.testing.assert_array_equal(bus.excess_cost_per_mwh, [prices["excess_cost"]] * 12)
    assert repr(case.buses[0]) == 'Bus(id=1, name="Southeast")'
    assert repr(case.buses[0].deficit_segments[0]) == "DeficitSegment(depth_mw=2301.9, cost_per_mwh=1142.8)"


def test_lines_are_what_their_file_says(case: cobre.Case) -> None:
    for index, (line, row) in enumerate(zip(case.lines, records(FOUR_RESERVOIRS, "lines"), strict=True)):
        assert (line.index, line.id, line.name) == (index, row["id"], row["name"])
        assert (line.source_bus_id, line.target_bus_id) == (row["source_bus_id"], row["target_bus_id"])
        assert line.losses_percent == row.get("losses_percent", 0.0)
        np.testing.assert_array_equal(line.direct_mw, [[row["capacity"]["direct_mw"]]] * 12)
        np.testing.assert_array_equal(line.reverse_mw, [[row["capacity"]["reverse_mw"]]] * 12)
        np.testing.assert_array_equal(line.exchange_cost_per_mwh, [row["exchange_cost"]] * 12)
    assert repr(case.lines[0]) == 'Line(id=12, name="Southeast-South", source_bus_id=1, target_bus_id=2)'


def test_stages_are_what_their_file_says(case: cobre.Case) -> None:
    rows = json.loads((FOUR_RESERVOIRS / "stages.json").read_text())["stages"]
    for index, (stage, row) in enumerate(zip(case.stages, rows, strict=True)):
        assert (stage.index, stage.id, stage.season_id) == (index, row["id"], row["season_id"])
        assert stage.start_date == datetime.date.fromisoformat(row["start_date"])
        assert stage.end_date == datetime.date.fromisoformat(row["end_date"])
        (block,) = stage.blocks
        assert (block.id, block.name, block.hours) == (0, "MONTH", 730.0)
        assert stage.hours == 730.0
        assert stage.hm3_per_m3s == block.hm3_per_m3s == pytest.approx(730 * 0.0036)
        assert stage.n_openings == row["num_openings"]
        assert (stage.cvar_tail_probability, stage.cvar_weight) == (None, None)
        assert 0 < stage.discount_factor <= 1
    assert case.stages[0].season == "Jan"
    assert repr(case.stages[0]) == "Stage(id=0, start_date=2011-01-01, n_blocks=1, n_openings=20)"


def test_risk_measures_and_seasons_are_those_of_the_stage(case: cobre.Case) -> None:
    document = json.loads(case.files["stages.json"])
    document["stages"][2]["risk_measure"] = {"cvar": {"alpha": 0.05, "lambda": 0.4}}
    document["policy_graph"]["annual_discount_rate"] = 0.1
    stages = case.with_(files={"stages.json": document}).stages
    measures = [(stage.cvar_tail_probability, stage.cvar_weight) for stage in stages]
    assert measures == [(0.05, 0.4) if t == 2 else (None, None) for t in range(12)]
    assert stages[0].discount_factor == pytest.approx(1.1 ** (-31 / 365.25), rel=1e-12)
    assert stages[1] != case.stages[1]


def test_blocks_are_the_second_axis(toy: cobre.Case) -> None:
    blocks = [stage.blocks for stage in toy.stages]
    most = max(len(of_stage) for of_stage in blocks)
    assert most > 1
    factors = json.loads((TOY / "scenarios/load_factors.json").read_text())["load_factors"]
    bus = toy.buses[0]
    for row in (row for row in factors if row["bus_id"] == bus.id):
        index = next(stage.index for stage in toy.stages if stage.id == row["stage_id"])
        for entry in row["block_factors"]:
            assert bus.load_factors[index, entry["block_id"]] == entry["factor"]
    for array in (toy.thermals[0].max_generation_mw, toy.hydros[0].max_turbined_m3s, bus.load_factors):
        assert array.shape == (toy.n_stages, most)


def test_arrays_are_read_only_and_outlive_their_case() -> None:
    case = cobre.CaseLoader.load(FOUR_RESERVOIRS)
    plant = case.hydros[1]
    storage = plant.max_storage_hm3
    del case
    gc.collect()
    assert plant.name == "South reservoir"
    del plant
    gc.collect()
    assert storage[0] == 51554.002
    assert storage.dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        storage[0] = 0.0
    with pytest.raises(ValueError, match="WRITEABLE"):
        storage.flags.writeable = True


def test_entities_are_compared_by_what_they_say(case: cobre.Case, toy: cobre.Case) -> None:
    again = cobre.CaseLoader.load(FOUR_RESERVOIRS)
    for name in ("hydros", "thermals", "buses", "lines", "stages"):
        own, same, other = getattr(case, name), getattr(again, name), getattr(toy, name)
        assert own == same
        assert hash(own) == hash(same)
        assert own[0] != own[1]
        assert own[0] not in other
        assert own[0] != "entity"
    assert case.topology == again.topology != toy.topology
    assert hash(case.topology) == hash(again.topology)
    assert case.hydros[0].unit_groups == again.hydros[0].unit_groups
    assert len({*case.stages[0].blocks, *again.stages[0].blocks}) == 1
    assert len({*case.buses[0].deficit_segments, *again.buses[0].deficit_segments}) == 4
    assert len({*case.hydros[0].unit_groups, *again.hydros[0].unit_groups}) == 1


def test_parts_are_pickled_by_value(case: cobre.Case) -> None:
    parts = (case.hydros[0].unit_groups, case.buses[0].deficit_segments, case.stages[0].blocks)
    assert pickle.loads(pickle.dumps(parts)) == parts
    assert repr(pickle.loads(pickle.dumps(parts))) == repr(parts)


def test_nothing_of_an_entity_can_be_set(case: cobre.Case) -> None:
    with pytest.raises(AttributeError):
        case.hydros[0].name = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        case.stages[0].blocks[0].hours = 1.0  # type: ignore[misc]


def test_topology(case: cobre.Case, toy: cobre.Case) -> None:
    topology = case.topology
    assert topology.hydros_of_bus(1) == (1,)
    assert topology.lines_between(2, 1) == topology.lines_between(1, 2) == (12,)
    assert topology.lines_between(2, 4) == ()
    assert topology.lines_of_bus(1) == (12, 13, 15)
    assert topology.thermals_of_bus(1) == tuple(unit.id for unit in case.thermals if unit.bus_id == 1)
    assert repr(topology) == "Topology(4 hydro plants, 4 of them without a plant upstream; 5 buses, 5 lines)"

    cascade = toy.topology
    downstream = {plant.id: plant.downstream_id for plant in toy.hydros}
    assert any(downstream.values())
    order = cascade.cascade_order
    assert sorted(order) == sorted(downstream)
    for plant, receiver in downstream.items():
        assert cascade.downstream(plant) == receiver
        assert cascade.diversion_downstream(plant) is None
        assert cascade.diverted_from(plant) == ()
        path = cascade.all_downstream(plant)
        assert path == (() if receiver is None else (receiver, *cascade.all_downstream(receiver)))
        assert set(cascade.upstream(plant)) == {other for other, target in downstream.items() if target == plant}
        assert set(cascade.all_upstream(plant)) == {other for other in order if plant in cascade.all_downstream(other)}
        if receiver is not None:
            assert order.index(plant) < order.index(receiver)


@pytest.mark.parametrize(
    "method", ["downstream", "diversion_downstream", "upstream", "diverted_from", "all_downstream"]
)
def test_a_plant_that_is_not_there_is_an_argument_error(case: cobre.Case, method: str) -> None:
    with pytest.raises(cobre.ArgumentError, match="no hydro plant with the id 99") as caught:
        getattr(case.topology, method)(99)
    assert caught.value.context == {"argument": "hydro_id", "id": 99}


def test_a_bus_that_is_not_there_is_an_argument_error(case: cobre.Case) -> None:
    for method in ("hydros_of_bus", "thermals_of_bus", "lines_of_bus"):
        with pytest.raises(cobre.ArgumentError, match="no bus with the id 99"):
            getattr(case.topology, method)(99)
    with pytest.raises(cobre.ArgumentError, match="other_bus_id: the case has no bus with the id 99"):
        case.topology.lines_between(1, 99)
    with pytest.raises(TypeError):
        case.topology.upstream("Southeast")  # type: ignore[arg-type]
