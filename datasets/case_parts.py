"""The parts of a case as JSON values: calendar, entities, settings.

Every function returns what the case format wants, with the names of the format, so that a generator states numbers
and not file layouts. Units: MW, $/MWh, m3/s, hm3, hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from case_writer import Json

MONTH_LABELS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS_PER_YEAR = 12
FIRST_DAY = "2000-01-01"


@dataclass(frozen=True)
class Month:
    """A calendar month as a half-open window; `season` is 0 for January."""

    year: int
    season: int

    @property
    def start(self) -> date:
        return date(self.year, self.season + 1, 1)

    @property
    def end(self) -> date:
        return self.shifted(1).start

    @property
    def hours(self) -> float:
        return 24.0 * (self.end - self.start).days

    def shifted(self, months: int) -> Month:
        year, season = divmod(self.year * MONTHS_PER_YEAR + self.season + months, MONTHS_PER_YEAR)
        return Month(year, season)


@dataclass(frozen=True)
class Calendar:
    """Monthly study stages 0, 1, … from `first`, and a year of pre-study stages -12 … -1 before it."""

    first: Month
    n_stages: int

    def month(self, stage_id: int) -> Month:
        return self.first.shifted(stage_id)

    def study_ids(self) -> range:
        return range(self.n_stages)

    def all_ids(self) -> range:
        return range(-MONTHS_PER_YEAR, self.n_stages)

    def past_months(self, count: int) -> Iterator[Month]:
        """The last `count` months before the study, oldest first."""
        return (self.first.shifted(offset) for offset in range(-count, 0))


@dataclass(frozen=True)
class Block:
    """A load block; `share` is its part of the stage's hours."""

    name: str
    share: float


@dataclass(frozen=True)
class Plant:
    """A hydro plant of constant productivity whose unit groups are one group equal to the plant."""

    id: int
    name: str
    bus_id: int
    downstream_id: int | None
    min_storage_hm3: float
    max_storage_hm3: float
    initial_storage_hm3: float
    max_turbined_m3s: float
    productivity_mw_per_m3s: float
    min_outflow_m3s: float = 0.0

    @property
    def max_generation_mw(self) -> float:
        return round(self.max_turbined_m3s * self.productivity_mw_per_m3s, 4)


def stages_document(
    calendar: Calendar,
    blocks: Sequence[Block],
    n_openings: int,
    annual_discount_rate: float,
    *,
    has_lags: bool,
    stage_hours: float | None = None,
) -> Json:
    """stages.json: monthly seasons, expectation, generated (`saa`) openings. `stage_hours` replaces calendar hours."""
    return {
        "season_definitions": {
            "cycle_type": "monthly",
            "seasons": [
                {"id": season, "label": label, "month_start": season + 1} for season, label in enumerate(MONTH_LABELS)
            ],
        },
        "policy_graph": {"type": "finite_horizon", "annual_discount_rate": annual_discount_rate},
        "pre_study_stages": [_dated(calendar, stage_id) for stage_id in calendar.all_ids() if stage_id < 0],
        "stages": [
            {
                **_dated(calendar, stage_id),
                "blocks": [
                    {
                        "id": block_id,
                        "name": block.name,
                        "hours": round(block.share * (stage_hours or calendar.month(stage_id).hours), 6),
                    }
                    for block_id, block in enumerate(blocks)
                ],
                "block_mode": "parallel",
                "state_variables": {"storage": True, "inflow_lags": has_lags},
                "risk_measure": "expectation",
                "num_openings": n_openings,
                "sampling_method": "saa",
            }
            for stage_id in calendar.study_ids()
        ],
    }


def _dated(calendar: Calendar, stage_id: int) -> dict[str, Json]:
    month = calendar.month(stage_id)
    return {
        "id": stage_id,
        "start_date": month.start.isoformat(),
        "end_date": month.end.isoformat(),
        "season_id": month.season,
    }


def config_document(*, seed: int, forward_passes: int, iterations: int, n_scenarios: int) -> Json:
    """config.json: in-sample training on a generated opening tree, inflow kept non-negative by a priced slack."""
    return {
        "modeling": {"inflow_non_negativity": {"method": "penalty"}},
        "training": {
            "tree_seed": seed,
            "selection": {"method": "sampled", "forward_passes": forward_passes},
            "stopping_rules": [{"type": "iteration_limit", "limit": iterations}],
            "scenario_source": {
                "seed": seed,
                "inflow": {"scheme": "in_sample"},
                "load": {"scheme": "in_sample"},
                "ncs": {"scheme": "in_sample"},
                "openings": {"source": "generated"},
            },
        },
        "simulation": {"enabled": True, "selection": {"method": "sampled", "num_scenarios": n_scenarios}},
    }


def penalties_document(
    *, deficit_segments: Json, excess: float, exchange: float, spillage: float, violation: float, inflow_slack: float
) -> Json:
    """penalties.json. `violation` prices every soft limit that the studies here do not use."""
    return {
        "bus": {"deficit_segments": deficit_segments, "excess_cost": excess},
        "line": {"exchange_cost": exchange},
        "hydro": {
            "spillage_cost": spillage,
            "turbined_cost": 0.0,
            "diversion_cost": spillage,
            "storage_violation_below_cost": violation,
            "filling_target_violation_cost": violation,
            "turbined_violation_below_cost": violation,
            "outflow_violation_below_cost": violation,
            "outflow_violation_above_cost": violation,
            "generation_violation_below_cost": violation,
            "evaporation_violation_cost": violation,
            "water_withdrawal_violation_cost": violation,
            "inflow_nonnegativity_cost": inflow_slack,
        },
        "non_controllable_source": {"curtailment_cost": 0.01},
    }


def bus(bus_id: int, name: str, deficit_segments: Json | None = None) -> Json:
    own = {} if deficit_segments is None else {"deficit_segments": deficit_segments}
    return {"id": bus_id, "name": name, "operational_start_date": FIRST_DAY, **own}


def segments(steps: Sequence[tuple[float | None, float]]) -> Json:
    """Deficit steps (depth MW, cost $/MWh); the last depth is None."""
    return [{"depth_mw": depth, "cost": cost} for depth, cost in steps]


def line(line_id: int, name: str, ends: tuple[int, int], limits: tuple[float, float], cost: float) -> Json:
    """A line between two buses; `limits` are direct and reverse, MW."""
    return {
        "id": line_id,
        "name": name,
        "operational_start_date": FIRST_DAY,
        "source_bus_id": ends[0],
        "target_bus_id": ends[1],
        "capacity": {"direct_mw": limits[0], "reverse_mw": limits[1]},
        "exchange_cost": cost,
    }


def thermal(thermal_id: int, name: str, bus_id: int, limits: tuple[float, float], cost: float) -> Json:
    """A thermal plant; `limits` are its least and greatest generation, MW."""
    return {
        "id": thermal_id,
        "name": name,
        "operational_start_date": FIRST_DAY,
        "bus_id": bus_id,
        "cost_per_mwh": cost,
        "generation": {"min_mw": limits[0], "max_mw": limits[1]},
    }


def hydro_documents(plants: Sequence[Plant]) -> dict[str, Json]:
    """The three documents that a list of plants makes: registry, production models, initial storage."""
    return {
        "system/hydros.json": {"hydros": [_hydro(plant) for plant in plants]},
        "system/hydro_production_models.json": {
            "production_models": [
                {
                    "hydro_id": plant.id,
                    "selection_mode": "stage_ranges",
                    "stage_ranges": [
                        {
                            "start_stage_id": 0,
                            "end_stage_id": None,
                            "model": "constant_productivity",
                            "productivity_mw_per_m3s": plant.productivity_mw_per_m3s,
                        }
                    ],
                }
                for plant in plants
            ]
        },
        "initial_conditions.json": {
            "storage": [{"hydro_id": plant.id, "value_hm3": plant.initial_storage_hm3} for plant in plants],
            "filling_storage": [],
        },
    }


def _hydro(plant: Plant) -> Json:
    limits = {
        "min_turbined_m3s": 0.0,
        "max_turbined_m3s": plant.max_turbined_m3s,
        "min_generation_mw": 0.0,
        "max_generation_mw": plant.max_generation_mw,
    }
    return {
        "id": plant.id,
        "name": plant.name,
        "operational_start_date": FIRST_DAY,
        "downstream_id": plant.downstream_id,
        "reservoir": {"min_storage_hm3": plant.min_storage_hm3, "max_storage_hm3": plant.max_storage_hm3},
        "outflow": {"min_outflow_m3s": plant.min_outflow_m3s, "max_outflow_m3s": None},
        "generation": {"model": "constant_productivity", **limits},
        "unit_groups": [{"id": 0, "name": f"{plant.name} units", "bus_id": plant.bus_id, **limits}],
    }
