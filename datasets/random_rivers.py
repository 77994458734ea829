"""Draws rivers: plants in cascade whose flow grows on the way to the sea, with turbines and reservoirs to match."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from case_parts import Plant

HM3_PER_M3S_WEEK = 7 * 86400 / 1e6
TRIBUTARY_CHANCE = 0.2
STORAGE_CHANCE = 0.25


@dataclass(frozen=True)
class River:
    """The plants of a river from the source down, and the mean inflow that each adds (m3/s)."""

    plants: list[Plant]
    increments: list[float]
    total_flows: list[float]

    def mean_plant_power_mw(self, plant: Plant) -> float:
        """What the plant generates when the river carries its mean flow."""
        return plant.productivity_mw_per_m3s * self.total_flows[self.plants.index(plant)]

    def mean_power_mw(self) -> float:
        return math.fsum(self.mean_plant_power_mw(plant) for plant in self.plants)

    def accumulated_productivities(self) -> dict[int, float]:
        """Per plant id, MW/(m3/s) of the plant and of all that its water passes later."""
        result: dict[int, float] = {}
        for plant in reversed(self.plants):
            later = 0.0 if plant.downstream_id is None else result[plant.downstream_id]
            result[plant.id] = plant.productivity_mw_per_m3s + later
        return result


def draw_rivers(rng: random.Random, n_plants: int, n_cascades: int, n_buses: int) -> list[River]:
    """Shares the plants among the cascades as evenly as can be; ids count along the rivers."""
    rivers = []
    first = 0
    for cascade in range(n_cascades):
        size = n_plants // n_cascades + (1 if cascade < n_plants % n_cascades else 0)
        rivers.append(_draw_river(rng, first, size, cascade, n_buses))
        first += size
    return rivers


def _draw_river(rng: random.Random, first: int, size: int, cascade: int, n_buses: int) -> River:
    downstream = _draw_course(rng, size)
    source = math.exp(rng.uniform(math.log(60.0), math.log(400.0)))
    increments = [round(source if position == 0 else source * rng.uniform(0.08, 0.45), 1) for position in range(size)]
    totals = list(increments)
    for position, target in enumerate(downstream):
        if target is not None:
            totals[target] += totals[position]
    home = cascade % n_buses
    plants = []
    for position in range(size):
        flow = totals[position]
        head = position == 0
        weeks = rng.uniform(4.0, 16.0) if head or rng.random() < STORAGE_CHANCE else rng.uniform(0.3, 2.0)
        useful = weeks * flow * HM3_PER_M3S_WEEK
        least = useful * rng.uniform(0.2, 0.6)
        filled = rng.uniform(0.3, 0.6)
        bus_id = home if rng.random() < 0.8 else rng.randrange(n_buses)
        target = downstream[position]
        plants.append(
            Plant(
                id=first + position,
                name=f"River {cascade} plant {position}",
                bus_id=bus_id,
                downstream_id=None if target is None else first + target,
                min_storage_hm3=round(least, 2),
                max_storage_hm3=round(least + useful, 2),
                initial_storage_hm3=round(least + filled * useful, 2),
                max_turbined_m3s=round(flow * rng.uniform(1.6, 2.4), 1),
                productivity_mw_per_m3s=round(rng.uniform(0.15, 0.9), 4),
            )
        )
    return River(plants, increments, totals)


def _draw_course(rng: random.Random, size: int) -> list[int | None]:
    """Where each plant's water goes: mostly to the next one, at times past it, which makes a tributary."""
    course: Sequence[int | None] = [
        None
        if position + 1 == size
        else position + 2
        if position + 2 < size and rng.random() < TRIBUTARY_CHANCE
        else position + 1
        for position in range(size)
    ]
    return list(course)
