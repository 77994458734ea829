"""Figures made of runs: cost per stage problem, time to a bound, curves over cuts. Nothing is run or read here."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from suite_runs import Iteration, Training, Usage

# Bounds of two programs agree within this, relative; a bound is reached at this below it.
BOUND_TOLERANCE = 1e-4
# Later iterations cost more than the first: their problems have cuts.
GROWTH = 1.5
CURVE_POINTS = 12


@dataclass
class Measured:
    """What one program did on one case."""

    case: str
    program: str
    # Why there are no figures; empty where there are.
    skipped: str = ""
    iterations: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    peak_mb: float = 0.0
    training_wall_seconds: float = 0.0
    training_cpu_seconds: float = 0.0
    lp_solves: int = 0
    us_per_lp: float = 0.0
    steps_per_lp: float = 0.0
    troubles: int = 0
    lower_bound: float = 0.0
    # Bound of every iteration, and CPU seconds of the training at its end.
    bounds: list[float] = field(default_factory=list)
    cpu_at: list[float] = field(default_factory=list)
    # Cuts per stage and microseconds per problem, from the first iterations to the last.
    curve: list[tuple[float, float]] = field(default_factory=list)
    # CPU seconds to the bound that all programs of the case reach; none where this one did not.
    seconds_to_bound: float | None = None
    # CPU seconds of the whole command with simulation and all outputs, where it was run.
    command_cpu_seconds: float | None = None


def estimate_seconds(first: Usage, training: Training, iterations: int) -> float:
    """What a run of `iterations` will take, by a run of one."""
    return overhead_seconds(first, training) + GROWTH * iterations * training.wall_seconds


def overhead_seconds(first: Usage, training: Training) -> float:
    """CPU seconds of start, reading and writing: what a run of one iteration takes beside it."""
    return max(first.cpu_seconds - training.wall_seconds, 0.0)


def middle(runs: list[tuple[Usage, Training]]) -> tuple[Usage, Training]:
    """The run with the median CPU time; of two in the middle the faster."""
    ordered = sorted(runs, key=lambda run: run[0].cpu_seconds)
    return ordered[(len(ordered) - 1) // 2]


def measured(case: str, program: str, overhead: float, runs: list[tuple[Usage, Training]], n_stages: int) -> Measured:
    """The figures of several runs of one program on one case, all of the median run but for the peak of memory."""
    usage, training = middle(runs)
    cpu = max(usage.cpu_seconds - overhead, 0.0)
    at = cumulated(training.iterations, cpu)
    return Measured(
        case=case,
        program=program,
        iterations=len(training.iterations),
        cpu_seconds=usage.cpu_seconds,
        wall_seconds=usage.wall_seconds,
        peak_mb=statistics.median(run[0].peak_mb for run in runs),
        training_wall_seconds=training.wall_seconds,
        training_cpu_seconds=cpu,
        lp_solves=training.lp_solves,
        us_per_lp=1e6 * cpu / training.lp_solves,
        steps_per_lp=training.simplex_steps / training.lp_solves,
        troubles=training.troubles,
        lower_bound=training.iterations[-1].lower_bound,
        bounds=[iteration.lower_bound for iteration in training.iterations],
        cpu_at=at,
        curve=curve(training.iterations, at, n_stages),
    )


def cumulated(iterations: list[Iteration], cpu_seconds: float) -> list[float]:
    """CPU seconds at the end of every iteration: the whole, shared by the time spent in the solver."""
    total = sum(iteration.solve_seconds for iteration in iterations)
    weights = [iteration.solve_seconds if total > 0 else float(iteration.lp_solves) for iteration in iterations]
    whole, so_far, at = sum(weights), 0.0, []
    for weight in weights:
        so_far += weight
        at.append(cpu_seconds * so_far / whole if whole > 0 else 0.0)
    return at


def curve(iterations: list[Iteration], cpu_at: list[float], n_stages: int) -> list[tuple[float, float]]:
    """Cuts per stage and microseconds per problem, means over groups of iterations that grow with the iteration."""
    points = []
    for start, end in groups(len(iterations), CURVE_POINTS):
        solves = sum(iteration.lp_solves for iteration in iterations[start:end])
        seconds = cpu_at[end - 1] - (cpu_at[start - 1] if start > 0 else 0.0)
        cuts = [0.5 * (iterations[i].n_cuts + (iterations[i - 1].n_cuts if i > 0 else 0)) for i in range(start, end)]
        points.append((statistics.fmean(cuts) / max(n_stages - 1, 1), 1e6 * seconds / solves))
    return points


def groups(n_items: int, n_groups: int) -> list[tuple[int, int]]:
    """Ranges that cover `n_items` in order, at most `n_groups`, each about a constant factor longer than the last."""
    ends = {max(1, round(n_items ** (k / n_groups))) for k in range(1, n_groups + 1)} if n_items > 0 else set()
    ordered = sorted(ends)
    return list(zip([0, *ordered[:-1]], ordered))


def add_time_to_bound(results: list[Measured]) -> float | None:
    """Sets the time each program of one case needed to the smallest of their last bounds; returns that bound."""
    finished = [result for result in results if not result.skipped]
    if not finished:
        return None
    least = min(result.lower_bound for result in finished)
    target = least - BOUND_TOLERANCE * abs(least)
    for result in finished:
        result.seconds_to_bound = next((at for bound, at in zip(result.bounds, result.cpu_at) if bound >= target), None)
    return target


def spread(bounds: list[float]) -> float:
    """Relative distance of the largest bound from the smallest."""
    least, most = min(bounds), max(bounds)
    return (most - least) / max(abs(least), abs(most), 1.0)
