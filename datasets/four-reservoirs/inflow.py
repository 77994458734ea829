"""A synthetic inflow record of the four subsystems, and the periodic AR(1) model fitted to it.

The monthly means are published; spread, persistence and correlation below are our assumptions. From them a record of
eighty years is drawn, and the study is fitted to the record, as one would fit it to an observed one.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from published import MEAN_INFLOW_MWMONTH

from case_parts import MONTHS_PER_YEAR, Calendar, Month
from inflow_process import Matrix, PlantInflow, residual_variances, synthetic_record

SEED = 1931
YEARS = 80
LEAST_SHARE = 0.15

# Standard deviation over mean, January to December.
SPREAD = {
    1: [0.27, 0.29, 0.27, 0.24, 0.23, 0.29, 0.23, 0.22, 0.32, 0.29, 0.25, 0.26],
    2: [0.45, 0.47, 0.44, 0.50, 0.60, 0.56, 0.52, 0.50, 0.50, 0.47, 0.45, 0.47],
    3: [0.36, 0.42, 0.40, 0.35, 0.31, 0.24, 0.20, 0.18, 0.18, 0.24, 0.33, 0.36],
    4: [0.30, 0.28, 0.25, 0.25, 0.29, 0.27, 0.20, 0.17, 0.17, 0.20, 0.27, 0.31],
}

# Correlation of a month with the month before it, January to December.
PERSISTENCE = {
    1: [0.48, 0.50, 0.52, 0.66, 0.78, 0.80, 0.84, 0.82, 0.68, 0.62, 0.58, 0.50],
    2: [0.42, 0.40, 0.45, 0.48, 0.50, 0.48, 0.46, 0.48, 0.52, 0.50, 0.48, 0.44],
    3: [0.52, 0.50, 0.55, 0.66, 0.80, 0.88, 0.90, 0.88, 0.80, 0.62, 0.52, 0.50],
    4: [0.60, 0.58, 0.62, 0.70, 0.80, 0.86, 0.88, 0.88, 0.84, 0.70, 0.58, 0.55],
}

NOISE_CORRELATION = [
    [1.00, 0.10, 0.45, 0.35],
    [0.10, 1.00, -0.15, -0.10],
    [0.45, -0.15, 1.00, 0.45],
    [0.35, -0.10, 0.45, 1.00],
]


def draw_record(calendar: Calendar) -> dict[int, list[float]]:
    """The synthetic record of every subsystem, ending where the study begins; MW averages per month."""
    assumed = [
        PlantInflow(
            means,
            [mean * share for mean, share in zip(means, SPREAD[key], strict=True)],
            [[value] for value in PERSISTENCE[key]],
        )
        for key, means in MEAN_INFLOW_MWMONTH.items()
    ]
    months: list[Month] = list(calendar.past_months(YEARS * MONTHS_PER_YEAR))
    record = synthetic_record(assumed, NOISE_CORRELATION, months, random.Random(SEED), LEAST_SHARE)
    return dict(zip(MEAN_INFLOW_MWMONTH, record, strict=True))


def fit(values: Sequence[float]) -> PlantInflow:
    """Monthly mean and standard deviation, and the lag-one correlation, of a record of whole years from January."""
    by_month = [values[month::MONTHS_PER_YEAR] for month in range(MONTHS_PER_YEAR)]
    means = [math.fsum(month) / len(month) for month in by_month]
    stds = [
        math.sqrt(math.fsum((value - mean) ** 2 for value in month) / (len(month) - 1))
        for month, mean in zip(by_month, means, strict=True)
    ]
    scaled = standardised(values, means, stds)
    lag_1 = [
        math.fsum(scaled[t] * scaled[t - 1] for t in range(month or MONTHS_PER_YEAR, len(scaled), MONTHS_PER_YEAR))
        / (len(range(month or MONTHS_PER_YEAR, len(scaled), MONTHS_PER_YEAR)))
        for month in range(MONTHS_PER_YEAR)
    ]
    return PlantInflow(
        [round(value, 2) for value in means],
        [round(value, 2) for value in stds],
        [[round(value, 4)] for value in lag_1],
    )


def standardised(values: Sequence[float], means: Sequence[float], stds: Sequence[float]) -> list[float]:
    """Deviations from the month's mean in units of the month's standard deviation."""
    return [(value - means[t % MONTHS_PER_YEAR]) / stds[t % MONTHS_PER_YEAR] for t, value in enumerate(values)]


def fit_correlation(record: Sequence[Sequence[float]], fitted: Sequence[PlantInflow]) -> Matrix:
    """The correlation of the fitted models' residuals over the record."""
    noises = [residuals(values, plant) for values, plant in zip(record, fitted, strict=True)]
    norms = [math.sqrt(math.fsum(value * value for value in noise)) for noise in noises]
    return [
        [
            1.0
            if i == j
            else round(math.fsum(a * b for a, b in zip(noises[i], noises[j], strict=True)) / (norms[i] * norms[j]), 4)
            for j in range(len(noises))
        ]
        for i in range(len(noises))
    ]


def residuals(values: Sequence[float], plant: PlantInflow) -> list[float]:
    """What the fitted model leaves unexplained, scaled to unit variance, from the second month on."""
    scaled = standardised(values, plant.mean_m3s, plant.std_m3s)
    variances = residual_variances(plant.coefficients)
    return [
        (scaled[t] - plant.coefficients[t % MONTHS_PER_YEAR][0] * scaled[t - 1])
        / math.sqrt(variances[t % MONTHS_PER_YEAR])
        for t in range(1, len(scaled))
    ]
