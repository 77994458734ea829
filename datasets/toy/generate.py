"""Writes the toy study: two plants in cascade, three thermals, two buses, six months.

    python datasets/toy/generate.py [--output FOLDER]

Every number is invented. The same files come out every time.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

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
from case_writer import Case, write_case
from inflow_process import PlantInflow, add_inflow_files, synthetic_record

HERE = Path(__file__).resolve().parent
SEED = 7  # of the synthetic record
OPENING_SEED = 1  # of the study: openings and paths
CALENDAR = Calendar(first=Month(2026, 2), n_stages=6)
BLOCKS = [Block("PEAK", 1 / 3), Block("OFF_PEAK", 2 / 3)]
BLOCK_FACTORS = [1.2, 0.9]
HIGHLANDS, COAST = 0, 1

PLANTS = [
    Plant(0, "Upper Dam", HIGHLANDS, 1, 80.0, 560.0, 400.0, 130.0, 0.9),
    Plant(1, "Lower Falls", HIGHLANDS, None, 40.0, 260.0, 150.0, 170.0, 0.6),
]
THERMALS = [
    thermal(0, "Coast Gas", COAST, (10.0, 55.0), 62.0),
    thermal(1, "Coast Coal", COAST, (0.0, 32.0), 118.0),
    thermal(2, "Highlands Diesel", HIGHLANDS, (0.0, 25.0), 340.0),
]

# Natural inflow between the plants, m3/s, January to December: wet from December to March, dry from June to September.
MEAN_M3S = [
    [128.0, 132.0, 118.0, 92.0, 70.0, 56.0, 47.0, 42.0, 45.0, 58.0, 82.0, 110.0],
    [38.0, 40.0, 36.0, 28.0, 22.0, 18.0, 15.0, 13.0, 14.0, 18.0, 25.0, 33.0],
]
STD_SHARE = [0.32, 0.31, 0.30, 0.29, 0.27, 0.26, 0.25, 0.25, 0.29, 0.33, 0.35, 0.34]
LAG_1 = [0.48, 0.52, 0.55, 0.60, 0.66, 0.70, 0.72, 0.68, 0.58, 0.50, 0.46, 0.45]
CORRELATION = [[1.0, 0.7], [0.7, 1.0]]

# Demand, MW, in the study months March to August.
DEMAND_MW = {
    HIGHLANDS: [72.0, 70.0, 68.0, 69.0, 70.0, 71.0],
    COAST: [146.0, 140.0, 134.0, 132.0, 133.0, 138.0],
}


def build_case() -> Case:
    """The toy study."""
    case = Case()
    case.documents["config.json"] = config_document(seed=OPENING_SEED, forward_passes=4, iterations=60, n_scenarios=200)
    case.documents["stages.json"] = stages_document(CALENDAR, BLOCKS, 8, 0.10, has_lags=True)
    case.documents["penalties.json"] = penalties_document(
        deficit_segments=segments([(10.0, 900.0), (None, 2500.0)]),
        excess=1.0,
        exchange=0.5,
        spillage=0.01,
        violation=2000.0,
        inflow_slack=5000.0,
    )
    case.documents["system/buses.json"] = {"buses": [bus(HIGHLANDS, "Highlands"), bus(COAST, "Coast")]}
    case.documents["system/lines.json"] = {
        "lines": [line(0, "Highlands-Coast", (HIGHLANDS, COAST), (105.0, 60.0), 0.5)]
    }
    case.documents["system/thermals.json"] = {"thermals": THERMALS}
    case.documents |= hydro_documents(PLANTS)
    add_demand(case)
    add_inflow(case)
    return case


def add_demand(case: Case) -> None:
    """Deterministic demand, higher in the peak block."""
    rows = [(bus_id, stage, DEMAND_MW[bus_id][stage], 0.0) for bus_id in DEMAND_MW for stage in CALENDAR.study_ids()]
    case.add_rows("scenarios/load_seasonal_stats.parquet", rows)
    factors = [{"block_id": block, "factor": factor} for block, factor in enumerate(BLOCK_FACTORS)]
    case.documents["scenarios/load_factors.json"] = {
        "load_factors": [
            {"bus_id": bus_id, "stage_id": stage, "block_factors": factors}
            for bus_id in DEMAND_MW
            for stage in CALENDAR.study_ids()
        ]
    }


def add_inflow(case: Case) -> None:
    """The inflow process, and two years of a record drawn from it."""
    processes = [
        PlantInflow(
            means,
            [round(mean * share, 2) for mean, share in zip(means, STD_SHARE, strict=True)],
            [[psi] for psi in LAG_1],
        )
        for means in MEAN_M3S
    ]
    months = list(CALENDAR.past_months(24))
    record = synthetic_record(processes, CORRELATION, months, random.Random(SEED), 0.2)
    plants = {plant.id: process for plant, process in zip(PLANTS, processes, strict=True)}
    history = {plant.id: values for plant, values in zip(PLANTS, record, strict=True)}
    add_inflow_files(case, CALENDAR, plants, CORRELATION, history)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the toy study.")
    parser.add_argument("--output", type=Path, default=HERE, help="case folder (default: this one)")
    write_case(build_case(), parser.parse_args().output)


if __name__ == "__main__":
    main()
