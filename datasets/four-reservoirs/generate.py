"""Writes the study of the four equivalent reservoirs of the Brazilian interconnected system.

    python datasets/four-reservoirs/generate.py [--stages 12] [--output FOLDER]

The default folder is this one for 12 stages, and a sister folder with the number of stages in its name otherwise.
Published figures are in `published.py`, the synthetic inflows in `inflow.py`. The same files come out every time.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import inflow
import published

from case_parts import (
    Block,
    Calendar,
    Month,
    Plant,
    bus,
    config_document,
    hydro_documents,
    line,
    penalties_document,
    segments,
    stages_document,
    thermal,
)
from case_writer import Case, Json, write_case
from inflow_process import add_inflow_files

HERE = Path(__file__).resolve().parent
SEED = 2011
DEFAULT_STAGES = 12
N_OPENINGS = 20
FIRST_MONTH = Month(2011, 0)

# The publication counts in months of equal length. A stage of 730 hours makes 1 MWmonth = 1 m3/s for 730 h = 2.628 hm3
# at a productivity of 1 MW/(m3/s).
STAGE_HOURS = 730.0
HM3_PER_MWMONTH = STAGE_HOURS * 3600.0 / 1e6

OPEN_LIMIT_MW = 99999.0
EXCHANGE_COST = 0.01
# Dearer than any deficit, so that the node without demand never "sheds" load.
TRANSSHIPMENT_DEFICIT_COST = 9000.0
INFLOW_SLACK_COST = 10000.0


def build_case(n_stages: int) -> Case:
    """The study over `n_stages` months from January 2011."""
    calendar = Calendar(FIRST_MONTH, n_stages)
    case = Case()
    case.documents["config.json"] = config_document(seed=SEED, forward_passes=8, iterations=200, n_scenarios=2000)
    case.documents["stages.json"] = stages_document(
        calendar,
        [Block("MONTH", 1.0)],
        N_OPENINGS,
        published.ANNUAL_DISCOUNT_RATE,
        has_lags=True,
        stage_hours=STAGE_HOURS,
    )
    case.documents["penalties.json"] = penalties_document(
        deficit_segments=segments([(None, TRANSSHIPMENT_DEFICIT_COST)]),
        excess=1.0,
        exchange=EXCHANGE_COST,
        spillage=0.01,
        violation=2000.0,
        inflow_slack=INFLOW_SLACK_COST,
    )
    case.documents["system/buses.json"] = {"buses": buses()}
    case.documents["system/lines.json"] = {"lines": lines()}
    case.documents["system/thermals.json"] = {"thermals": thermals()}
    case.documents |= hydro_documents(plants())
    demand = [
        (bus_id, stage, float(published.DEMAND_MW[bus_id][calendar.month(stage).season]), 0.0)
        for bus_id in published.SUBSYSTEMS
        for stage in calendar.study_ids()
    ]
    demand += [(published.TRANSSHIPMENT, stage, 0.0, 0.0) for stage in calendar.study_ids()]
    case.add_rows("scenarios/load_seasonal_stats.parquet", demand)
    record = inflow.draw_record(calendar)
    fitted = {key: inflow.fit(values) for key, values in record.items()}
    correlation = inflow.fit_correlation(list(record.values()), list(fitted.values()))
    add_inflow_files(case, calendar, fitted, correlation, record)
    return case


def buses() -> list[Json]:
    """The four subsystems, each with its deficit steps as parts of its mean demand, and the transshipment node."""
    result = []
    for bus_id, name in published.SUBSYSTEMS.items():
        mean = math.fsum(published.DEMAND_MW[bus_id]) / len(published.DEMAND_MW[bus_id])
        steps: list[tuple[float | None, float]] = [(round(part * mean, 1), cost) for part, cost in published.DEFICIT]
        steps[-1] = (None, steps[-1][1])
        result.append(bus(bus_id, name, segments(steps)))
    return [*result, bus(published.TRANSSHIPMENT, "Transshipment")]


def lines() -> list[Json]:
    """The exchanges; the id of a line is made of the ids of its ends."""
    names = {**published.SUBSYSTEMS, published.TRANSSHIPMENT: "Transshipment"}
    return [
        line(
            10 * ends[0] + ends[1],
            f"{names[ends[0]]}-{names[ends[1]]}",
            ends,
            (OPEN_LIMIT_MW if there is None else there, back),
            EXCHANGE_COST,
        )
        for ends, (there, back) in published.EXCHANGE.items()
    ]


def thermals() -> list[Json]:
    """The thermal fleets; ids count from 100 times the subsystem."""
    return [
        thermal(100 * bus_id + number, plant.name, bus_id, (plant.min_mw, plant.max_mw), plant.cost_per_mwh)
        for bus_id in published.SUBSYSTEMS
        for number, plant in enumerate(published.thermals(bus_id))
    ]


def plants() -> list[Plant]:
    """The equivalent reservoirs: energy as water at a productivity of one."""
    return [
        Plant(
            id=bus_id,
            name=f"{published.SUBSYSTEMS[bus_id]} reservoir",
            bus_id=bus_id,
            downstream_id=None,
            min_storage_hm3=0.0,
            max_storage_hm3=round(reservoir.capacity_mwmonth * HM3_PER_MWMONTH, 3),
            initial_storage_hm3=round(reservoir.initial_mwmonth * HM3_PER_MWMONTH, 3),
            max_turbined_m3s=reservoir.max_generation_mw,
            productivity_mw_per_m3s=1.0,
        )
        for bus_id, reservoir in published.RESERVOIRS.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the study of the four equivalent reservoirs.")
    parser.add_argument("--stages", type=int, default=DEFAULT_STAGES, help="monthly stages (default: 12)")
    parser.add_argument("--output", type=Path, help="case folder")
    arguments = parser.parse_args()
    if arguments.stages < 1:
        parser.error(f"--stages: found {arguments.stages}, expected at least 1")
    sister = HERE if arguments.stages == DEFAULT_STAGES else HERE.with_name(f"{HERE.name}-{arguments.stages}")
    write_case(build_case(arguments.stages), arguments.output or sister)


if __name__ == "__main__":
    main()
