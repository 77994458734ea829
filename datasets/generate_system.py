"""Writes a case of any size: cascades, thermals, buses, lines, blocks, stages and AR order as asked.

    python datasets/generate_system.py --plants 40 --cascades 6 --thermals 30 --stages 24 --output /tmp/system

Every number is drawn from the seed: the same arguments write the same files. See `--help` for units.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import random_inflow
from case_parts import (
    Block,
    Calendar,
    Month,
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
from random_rivers import River, draw_rivers

FIRST_MONTH = Month(2026, 0)
HYDRO_SHARE = 0.70
THERMAL_SHARE = 0.50
DEFICIT_STEPS = [(0.05, 1500.0), (0.10, 2800.0), (None, 5000.0)]
MOST_PLANTS, MOST_STAGES, MOST_LAGS = 160, 60, 12


@dataclass(frozen=True)
class Request:
    """What is to be generated."""

    plants: int
    cascades: int
    thermals: int
    buses: int
    lines: int
    blocks: int
    stages: int
    ar_order: int
    openings: int
    seed: int
    forward_passes: int
    iterations: int
    scenarios: int
    discount_rate: float
    min_outflow: float

    def faults(self) -> list[str]:
        """What cannot be generated, in words; empty if all can."""
        limits = {
            "plants": (1, MOST_PLANTS),
            "cascades": (1, self.plants),
            "thermals": (0, None),
            "buses": (1, None),
            "lines": (0, self.buses * (self.buses - 1) // 2),
            "blocks": (1, None),
            "stages": (1, MOST_STAGES),
            "ar_order": (0, MOST_LAGS),
            "openings": (1, None),
            "forward_passes": (1, None),
            "iterations": (1, None),
            "scenarios": (1, None),
            "discount_rate": (0, None),
            "min_outflow": (0, 1),
        }
        return [
            f"--{name.replace('_', '-')}: found {getattr(self, name)}, expected "
            + (f"at least {least}" if most is None else f"{least} to {most}")
            for name, (least, most) in limits.items()
            if getattr(self, name) < least or (most is not None and getattr(self, name) > most)
        ]


def build_case(request: Request) -> Case:
    """The case of a request. Raises `ValueError` with every fault of the request."""
    faults = request.faults()
    if faults:
        raise ValueError("; ".join(faults))
    rng = random.Random(request.seed)
    calendar = Calendar(FIRST_MONTH, request.stages)
    blocks, factors = draw_blocks(request.blocks)
    rivers = draw_rivers(rng, request.plants, request.cascades, request.buses)
    demand = draw_demand(rng, rivers, request.buses)
    case = Case()
    case.documents["config.json"] = config_document(
        seed=request.seed,
        forward_passes=request.forward_passes,
        iterations=request.iterations,
        n_scenarios=request.scenarios,
    )
    case.documents["stages.json"] = stages_document(
        calendar, blocks, request.openings, request.discount_rate, has_lags=request.ar_order > 0
    )
    case.documents["penalties.json"] = penalties_document(
        deficit_segments=segments([(None, DEFICIT_STEPS[-1][1])]),
        excess=1.0,
        exchange=0.1,
        spillage=0.01,
        violation=2500.0,
        inflow_slack=inflow_slack_cost(rivers),
    )
    case.documents["system/buses.json"] = {"buses": buses(demand)}
    case.documents["system/lines.json"] = {"lines": draw_lines(rng, demand, request.lines)}
    case.documents["system/thermals.json"] = {"thermals": draw_thermals(rng, demand, request.thermals)}
    case.documents |= hydro_documents(
        [
            replace(plant, min_outflow_m3s=round(request.min_outflow * plant.max_turbined_m3s, 2))
            for river in rivers
            for plant in river.plants
        ]
    )
    add_demand(case, calendar, demand, factors)
    plants, correlation, history = random_inflow.draw_inflow(rng, rivers, calendar, request.ar_order)
    add_inflow_files(case, calendar, plants, correlation, history)
    return case


def inflow_slack_cost(rivers: Sequence[River]) -> float:
    """A price, $/(m3/s h), above what a unit of water can save on its whole way down: no study buys water with it."""
    most = max(river.accumulated_productivities()[plant.id] for river in rivers for plant in river.plants)
    return math.ceil(1.2 * most * DEFICIT_STEPS[-1][1] / 1000.0) * 1000.0


def draw_blocks(count: int) -> tuple[list[Block], list[float]]:
    """Blocks of equal length from the highest demand to the lowest, and their demand factors (mean one)."""
    factors = [1.0] if count == 1 else [round(1.18 - 0.36 * k / (count - 1), 6) for k in range(count)]
    return [Block(f"BLOCK_{k}", 1.0 / count) for k in range(count)], factors


def draw_demand(rng: random.Random, rivers: Sequence[River], n_buses: int) -> list[float]:
    """Mean demand per bus, MW: in all, what makes mean hydro energy 70 % of it; most of it near the water."""
    total = math.fsum(river.mean_power_mw() for river in rivers) / HYDRO_SHARE
    local = [0.0] * n_buses
    for river in rivers:
        for plant in river.plants:
            local[plant.bus_id] += river.mean_plant_power_mw(plant)
    weights = [0.5 * power * HYDRO_SHARE / total + rng.uniform(0.3, 1.0) / n_buses for power in local]
    return [round(total * weight / math.fsum(weights), 2) for weight in weights]


def buses(demand: Sequence[float]) -> list[Json]:
    """Buses with deficit steps that are parts of their mean demand."""
    return [
        bus(
            bus_id,
            f"Bus {bus_id}",
            segments([(None if part is None else round(part * mean, 2), cost) for part, cost in DEFICIT_STEPS]),
        )
        for bus_id, mean in enumerate(demand)
    ]


def draw_lines(rng: random.Random, demand: Sequence[float], count: int) -> list[Json]:
    """Lines that first connect every bus to an earlier one, then close meshes; they carry part of the smaller end."""
    pairs = [(rng.randrange(later), later) for later in range(1, len(demand))][:count]
    spare = [(a, b) for b in range(1, len(demand)) for a in range(b) if (a, b) not in pairs]
    rng.shuffle(spare)
    pairs += spare[: count - len(pairs)]
    result = []
    for line_id, (a, b) in enumerate(pairs):
        smaller = min(demand[a], demand[b])
        limits = (round(rng.uniform(0.2, 0.6) * smaller, 1), round(rng.uniform(0.2, 0.6) * smaller, 1))
        result.append(line(line_id, f"Line {a}-{b}", (a, b), limits, 0.1))
    return result


def draw_thermals(rng: random.Random, demand: Sequence[float], count: int) -> list[Json]:
    """A fleet that can meet half of the demand, on a ladder of costs from some 25 to some 1,000 $/MWh."""
    if count == 0:
        return []
    sizes = [rng.uniform(0.5, 1.5) for _ in range(count)]
    unit = THERMAL_SHARE * math.fsum(demand) / math.fsum(sizes)
    result = []
    for number, size in enumerate(sizes):
        step = number / max(count - 1, 1)
        cost = round(25.0 * 40.0**step * rng.uniform(0.93, 1.07), 2)
        bus_id = number % len(demand) if number < len(demand) else rng.choices(range(len(demand)), weights=demand)[0]
        most = round(unit * size, 2)
        least = round(0.3 * most, 2) if step < 0.25 and rng.random() < 0.4 else 0.0
        result.append(thermal(number, f"Thermal {number}", bus_id, (least, most), cost))
    return result


def add_demand(case: Case, calendar: Calendar, demand: Sequence[float], factors: Sequence[float]) -> None:
    """Deterministic demand with a summer peak of 5 %, and the factors of the blocks."""
    rows = []
    for bus_id, mean in enumerate(demand):
        for stage in calendar.study_ids():
            season = calendar.month(stage).season
            rows.append((bus_id, stage, round(mean * (1.0 + 0.05 * math.cos(math.tau * (season - 1) / 12)), 2), 0.0))
    case.add_rows("scenarios/load_seasonal_stats.parquet", rows)
    if len(factors) > 1:
        blocks = [{"block_id": block, "factor": factor} for block, factor in enumerate(factors)]
        case.documents["scenarios/load_factors.json"] = {
            "load_factors": [
                {"bus_id": bus_id, "stage_id": stage, "block_factors": blocks}
                for bus_id in range(len(demand))
                for stage in calendar.study_ids()
            ]
        }


def parse_arguments(words: Sequence[str] | None = None) -> tuple[Request, Path]:
    """The request and the output folder of a command line."""
    parser = argparse.ArgumentParser(
        description="Write a hydrothermal case of a given size, drawn from a seed.",
        epilog="Units: MW, $/MWh, m3/s, hm3. Stages are months from January 2026, their hours the calendar's, shared "
        "equally by the blocks. Mean hydro energy is 70 % of demand, thermal capacity half of it; deficit, spillage "
        "and excess are always possible, so every stage problem has a solution.",
    )
    parser.add_argument("--plants", type=int, default=20, help=f"hydro plants, up to {MOST_PLANTS} (%(default)s)")
    parser.add_argument("--cascades", type=int, default=4, help="rivers the plants stand on (%(default)s)")
    parser.add_argument("--thermals", type=int, default=15, help="thermal plants (%(default)s)")
    parser.add_argument("--buses", type=int, default=4, help="buses (%(default)s)")
    parser.add_argument("--lines", type=int, default=4, help="lines; fewer than buses - 1 leave islands (%(default)s)")
    parser.add_argument("--blocks", type=int, default=3, help="load blocks of a stage (%(default)s)")
    parser.add_argument("--stages", type=int, default=12, help=f"monthly stages, up to {MOST_STAGES} (%(default)s)")
    parser.add_argument("--ar-order", type=int, default=1, help=f"inflow lags, 0 to {MOST_LAGS} (%(default)s)")
    parser.add_argument("--openings", type=int, default=20, help="openings of a stage (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the data and of the study (%(default)s)")
    parser.add_argument("--forward-passes", type=int, default=8, help="forward passes an iteration (%(default)s)")
    parser.add_argument("--iterations", type=int, default=100, help="iteration limit (%(default)s)")
    parser.add_argument("--scenarios", type=int, default=2000, help="simulated scenarios (%(default)s)")
    parser.add_argument("--discount-rate", type=float, default=0.1, help="annual rate, 0.1 = 10 %% (%(default)s)")
    parser.add_argument(
        "--min-outflow",
        type=float,
        default=0.0,
        help="least outflow of every plant in every block, as a share of what its turbines take, of which mean flow is "
        "about half (%(default)s)",
    )
    parser.add_argument("--output", type=Path, required=True, help="case folder to write")
    values = vars(parser.parse_args(words))
    output: Path = values.pop("output")
    request = Request(**values)
    faults = request.faults()
    if faults:
        parser.error("; ".join(faults))
    return request, output


def main() -> None:
    request, output = parse_arguments()
    write_case(build_case(request), output)


if __name__ == "__main__":
    main()
