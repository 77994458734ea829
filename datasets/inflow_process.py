"""A periodic autoregressive inflow process: synthetic records of it, its statistics, and its case files.

For plant h in calendar month m, with mean mu, standard deviation s and standardised coefficients psi:

    z_t = mu_t + s_t * (sum_l psi[m][l] * (z_{t-l} - mu_{t-l}) / s_{t-l} + r[m] * noise_t)

`r` is what is left of a unit variance once the lags have explained their part, so it follows from the coefficients.
Standard normal noise, correlated between plants. No logarithm: inflows may come out negative.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from case_parts import MONTHS_PER_YEAR, Calendar, Month
from case_writer import Case, Json

Matrix = list[list[float]]

CLOSURE_TOLERANCE = 1e-13
MOST_SWEEPS = 1000


@dataclass(frozen=True)
class PlantInflow:
    """The process of one plant: twelve values per statistic, January first; coefficients[m] are the lags of month m."""

    mean_m3s: Sequence[float]
    std_m3s: Sequence[float]
    coefficients: Sequence[Sequence[float]]

    @property
    def order(self) -> int:
        return max(len(lags) for lags in self.coefficients)


def autocorrelations(coefficients: Sequence[Sequence[float]]) -> Matrix:
    """rho[m][k], the correlation of month m with the k-th month before it, k = 0 … order, at unit variance.

    Fixed point of the periodic Yule-Walker equations; it converges when the absolute coefficients of every month sum
    to less than one, which is what the generators here keep to. Raises `ValueError` if it does not converge.
    """
    order = max(len(lags) for lags in coefficients)
    rho: Matrix = [[1.0] + [0.0] * order for _ in range(MONTHS_PER_YEAR)]
    for _ in range(MOST_SWEEPS):
        change = 0.0
        for month in range(MONTHS_PER_YEAR):
            for k in range(1, order + 1):
                value = sum(psi * _correlation(rho, month, j, k) for j, psi in enumerate(coefficients[month], start=1))
                change = max(change, abs(value - rho[month][k]))
                rho[month][k] = value
        if change < CLOSURE_TOLERANCE:
            return rho
    raise ValueError("the autocorrelations of the process do not settle: it is not stationary")


def _correlation(rho: Matrix, month: int, j: int, k: int) -> float:
    """The correlation between the j-th and the k-th month before `month`."""
    later, earlier = min(j, k), max(j, k)
    return rho[(month - later) % MONTHS_PER_YEAR][earlier - later]


def residual_variances(coefficients: Sequence[Sequence[float]]) -> list[float]:
    """The square of r per month, what the lags leave to the noise. Raises `ValueError` if a month leaves nothing."""
    rho = autocorrelations(coefficients)
    variances = [
        1.0 - sum(psi * rho[month][lag] for lag, psi in enumerate(lags, start=1))
        for month, lags in enumerate(coefficients)
    ]
    for month, variance in enumerate(variances):
        if variance <= 0.0:
            raise ValueError(f"residual variance of month {month}: found {variance:.6g}, expected above 0")
    return variances


def cholesky(matrix: Sequence[Sequence[float]]) -> Matrix:
    """The lower triangular root of a positive definite matrix; raises `ValueError` if it is not."""
    size = len(matrix)
    root: Matrix = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row + 1):
            rest = matrix[row][column] - sum(root[row][k] * root[column][k] for k in range(column))
            if row == column:
                if rest <= 0.0:
                    raise ValueError(f"correlation matrix is not positive definite at row {row}")
                root[row][row] = math.sqrt(rest)
            else:
                root[row][column] = rest / root[column][column]
    return root


def synthetic_record(
    plants: Sequence[PlantInflow],
    correlation: Sequence[Sequence[float]],
    months: Sequence[Month],
    rng: random.Random,
    least_share: float,
) -> list[list[float]]:
    """A record of the process, record[plant][month] in m3/s, after a warm-up of five years.

    Values below `least_share` of the month's mean are raised to it: a record holds no negative inflow.
    """
    root = cholesky(correlation)
    spread = [[math.sqrt(value) for value in residual_variances(plant.coefficients)] for plant in plants]
    past: list[list[float]] = [[0.0] * plant.order for plant in plants]
    record: list[list[float]] = [[] for _ in plants]
    warm_up = [months[0].shifted(offset) for offset in range(-5 * MONTHS_PER_YEAR, 0)]
    for position, month in enumerate([*warm_up, *months], start=-len(warm_up)):
        raw = [rng.gauss(0.0, 1.0) for _ in plants]
        for index, plant in enumerate(plants):
            noise = sum(weight * value for weight, value in zip(root[index], raw, strict=True))
            lags = plant.coefficients[month.season]
            level = (
                sum(psi * value for psi, value in zip(lags, past[index][: len(lags)], strict=True))
                + spread[index][month.season] * noise
            )
            mean, std = plant.mean_m3s[month.season], plant.std_m3s[month.season]
            level = max(level, (least_share - 1.0) * mean / std)
            if past[index]:
                past[index] = [level, *past[index][:-1]]
            if position >= 0:
                record[index].append(round(mean + std * level, 2))
    return record


def add_inflow_files(
    case: Case,
    calendar: Calendar,
    plants: Mapping[int, PlantInflow],
    correlation: Sequence[Sequence[float]],
    history: Mapping[int, Sequence[float]],
) -> None:
    """Adds statistics, coefficients and correlation, and the history that ends where the study begins."""
    stats = [
        (hydro_id, stage_id, plant.mean_m3s[season], plant.std_m3s[season])
        for hydro_id, plant in plants.items()
        for stage_id in calendar.all_ids()
        for season in [calendar.month(stage_id).season]
    ]
    case.add_rows("scenarios/inflow_seasonal_stats.parquet", stats)
    lags = [
        (hydro_id, stage_id, lag, value)
        for hydro_id, plant in plants.items()
        for stage_id in calendar.all_ids()
        for lag, value in enumerate(plant.coefficients[calendar.month(stage_id).season], start=1)
    ]
    if lags:
        case.add_rows("scenarios/inflow_ar_coefficients.parquet", lags)
        past = [
            (hydro_id, month.start, month.end, value)
            for hydro_id, values in history.items()
            for month, value in zip(calendar.past_months(len(values)), values, strict=True)
        ]
        case.add_rows("scenarios/inflow_history.parquet", past)
    case.documents["scenarios/correlation.json"] = correlation_document(list(plants), correlation)


def correlation_document(hydro_ids: Sequence[int], matrix: Sequence[Sequence[float]]) -> Json:
    """One profile with one group: the inflow noises of the given plants."""
    group = {
        "name": "inflow",
        "entities": [{"type": "inflow", "id": hydro_id} for hydro_id in hydro_ids],
        "matrix": [list(row) for row in matrix],
    }
    return {"method": "spectral", "profiles": {"default": {"correlation_groups": [group]}}}
