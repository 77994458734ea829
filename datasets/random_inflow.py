"""Draws the inflow process of every plant: seasonal means, spread, stationary AR coefficients, correlation."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from case_parts import MONTHS_PER_YEAR, Calendar
from inflow_process import Matrix, PlantInflow, synthetic_record
from random_rivers import River

# The absolute coefficients of a month sum to at most this, so the process is stationary and the noise keeps at least
# 1 - 0.75^2 of the variance.
MOST_PERSISTENCE = 0.75
LEAST_SHARE = 0.1


def draw_inflow(
    rng: random.Random, rivers: Sequence[River], calendar: Calendar, order: int
) -> tuple[dict[int, PlantInflow], Matrix, dict[int, list[float]]]:
    """The process per plant, the correlation of the noises, and a two-year record that ends where the study begins."""
    plants: dict[int, PlantInflow] = {}
    loads: list[tuple[int, float, float]] = []
    for number, river in enumerate(rivers):
        wettest = rng.uniform(0.0, 3.0)
        amplitude = rng.uniform(0.35, 0.65)
        spread = rng.uniform(0.25, 0.40)
        persistence = rng.uniform(0.45, MOST_PERSISTENCE)
        everywhere = rng.uniform(0.25, 0.5)
        for plant, mean in zip(river.plants, river.increments, strict=True):
            means = [round(mean * (1.0 + amplitude * _wave(month, wettest)), 2) for month in range(MONTHS_PER_YEAR)]
            stds = [round(value * spread * rng.uniform(0.9, 1.1), 3) for value in means]
            lags = [_draw_lags(rng, order, persistence) for _ in range(MONTHS_PER_YEAR)]
            plants[plant.id] = PlantInflow(means, stds, lags)
            loads.append((number, everywhere, rng.uniform(0.5, 0.75)))
    correlation = _correlation(loads)
    months = list(calendar.past_months(2 * MONTHS_PER_YEAR))
    record = synthetic_record(list(plants.values()), correlation, months, rng, LEAST_SHARE)
    return plants, correlation, dict(zip(plants, record, strict=True))


def _wave(month: int, wettest: float) -> float:
    return math.cos(math.tau * (month - wettest) / MONTHS_PER_YEAR)


def _draw_lags(rng: random.Random, order: int, persistence: float) -> list[float]:
    """Coefficients that fall with the lag, later ones of either sign; their absolute sum is below the persistence."""
    weights = [
        0.5**lag * (1.0 if lag == 0 else rng.choice([1.0, 1.0, -1.0])) * rng.uniform(0.7, 1.0) for lag in range(order)
    ]
    total = math.fsum(abs(weight) for weight in weights)
    return [round(persistence * rng.uniform(0.85, 0.99) * weight / total, 5) for weight in weights]


def _correlation(loads: Sequence[tuple[int, float, float]]) -> Matrix:
    """A factor model: one factor common to all plants, one per river, the rest a plant's own; positive definite."""
    return [
        [
            1.0 if i == j else round(common * other_common + (own * other_own if river == other_river else 0.0), 6)
            for j, (other_river, other_common, other_own) in enumerate(loads)
        ]
        for i, (river, common, own) in enumerate(loads)
    ]
