"""The goals of the engine's speed, each met or missed by the figures of one session. No figure is written down here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suite_figures import BOUND_TOLERANCE, Measured, spread

OURS, HIGHS, PUBLIC = "dual_simplex", "highs", "public"
# Iterations of a long training that are compared with all of it.
SHORT_TRAINING = 256


@dataclass(frozen=True)
class Scaling:
    """A run of one case on several ranks or threads."""

    passes: int
    ranks: int
    threads: int
    training_wall_seconds: float
    cpu_seconds: float
    pass_milliseconds: float
    lower_bound: float
    policy_digest: str
    # Why there are no figures; empty where there are.
    skipped: str = ""


@dataclass(frozen=True)
class Goal:
    """A goal and what was found."""

    text: str
    wanted: str
    found: str
    # None: it was not measured.
    met: bool | None

    @property
    def verdict(self) -> str:
        """The last column of the table."""
        return "not measured" if self.met is None else "met" if self.met else "**missed**"


class Results:
    """Figures by case and program; skipped runs have none."""

    def __init__(self, results: Sequence[Measured]) -> None:
        self._by_key = {(result.case, result.program): result for result in results if not result.skipped}

    def get(self, case: str, program: str) -> Measured | None:
        """What `program` did on `case`."""
        return self._by_key.get((case, program))

    def programs(self, case: str) -> list[Measured]:
        """All that ran `case`."""
        return [result for (name, _), result in self._by_key.items() if name == case]

    def cases(self) -> list[str]:
        """The cases that any program ran, in their order."""
        return list(dict.fromkeys(name for name, _ in self._by_key))

    def ratio(self, case: str, program: str) -> float | None:
        """How many times the CPU time per problem of ours `program` takes."""
        ours, other = self.get(case, OURS), self.get(case, program)
        return other.us_per_lp / ours.us_per_lp if ours and other and ours.us_per_lp > 0 else None


def at_least(text: str, wanted: float, found: float | None, unit: str = " times") -> Goal:
    """A goal that asks for as much as possible."""
    return Goal(
        text,
        f"≥ {wanted:g}{unit}",
        "–" if found is None else f"{found:.3g}{unit}",
        None if found is None else found >= wanted,
    )


def at_most(text: str, wanted: float, found: float | None, unit: str = " times") -> Goal:
    """A goal that asks for as little as possible."""
    return Goal(
        text,
        f"≤ {wanted:g}{unit}",
        "–" if found is None else f"{found:.3g}{unit}",
        None if found is None else found <= wanted,
    )


def goals(measured: Sequence[Measured], scaling: Sequence[Scaling]) -> list[Goal]:
    """All goals, in the order of the table."""
    results = Results(measured)
    return [*small_goals(results), *large_goals(results), *long_goals(results), *scaling_goals(scaling)]


def small_goals(results: Results) -> list[Goal]:
    """Four reservoirs beside the public tool."""
    ours, public = results.get("4ree", OURS), results.get("4ree", PUBLIC)
    training = whole = None
    bound = None
    if ours and public:
        training = public.training_cpu_seconds / ours.training_cpu_seconds if ours.training_cpu_seconds > 0 else None
        bound = spread([ours.lower_bound, public.lower_bound])
        if ours.command_cpu_seconds and public.command_cpu_seconds:
            whole = public.command_cpu_seconds / ours.command_cpu_seconds
    moonshot = ours.us_per_lp if ours else None
    return [
        at_least("`4ree`: CPU time of the training, public tool to dual simplex", 80, training),
        at_least("`4ree`: the same, below which it is not done", 50, training),
        at_most("`4ree`: distance of the two lower bounds", BOUND_TOLERANCE, bound, ""),
        at_least("`4ree`: CPU time of the whole command, 100 scenarios and all outputs", 30, whole),
        at_most("`4ree`: moonshot, CPU time per problem", 1.7, moonshot, " µs"),
    ]


def large_goals(results: Results) -> list[Goal]:
    """Generated systems beside HiGHS and the public tool."""
    found = []
    for case, label, highs, public in [
        ("plants-40-ar0", "40 plants", 6.0, 10.0),
        ("plants-40-cuts", "40 plants, 1,000 cuts", 6.0, 10.0),
        ("plants-160-ar6", "160 plants, AR(6)", 3.0, 8.0),
        ("plants-160-cuts", "160 plants, AR(6), 1,000 cuts", 3.0, 8.0),
    ]:
        found.append(
            at_least(f"{label}: CPU time per problem, HiGHS to dual simplex", highs, results.ratio(case, HIGHS))
        )
        found.append(
            at_least(f"{label}: CPU time per problem, public tool to dual simplex", public, results.ratio(case, PUBLIC))
        )
    found.append(
        at_least("160 plants, AR(6): moonshot, HiGHS to dual simplex", 10, results.ratio("plants-160-ar6", HIGHS))
    )
    ratios = [ratio for case in results.cases() if (ratio := results.ratio(case, HIGHS)) is not None]
    found.append(at_least("the least ratio of HiGHS to dual simplex over all cases", 1, min(ratios, default=None)))
    return found


def long_goals(results: Results) -> list[Goal]:
    """Long trainings: their last problems cost little more than their first, and every solve succeeds."""
    found = []
    for folder in ("4ree", "four-reservoirs-60"):
        ours = results.get(f"{folder}-long", OURS)
        growth = None
        if ours and len(ours.cpu_at) > SHORT_TRAINING and ours.cpu_at[SHORT_TRAINING - 1] > 0:
            short = ours.cpu_at[SHORT_TRAINING - 1] / SHORT_TRAINING
            growth = ours.cpu_at[-1] / len(ours.cpu_at) / short
        troubles = ours.troubles if ours else None
        text = f"`{folder}`, 2,000 iterations"
        found.append(at_most(f"{text}: time per problem, to that of the first 256", 2, growth))
        found.append(at_most(f"{text}: solves that needed another attempt", 0, troubles, ""))
    return found


def scaling_goals(scaling: Sequence[Scaling]) -> list[Goal]:
    """Threads and ranks, for every number of trajectories."""
    numbers: list[int | None] = [*sorted({run.passes for run in scaling})] or [None]
    return [one for number in numbers for one in scaling_goals_of(number, scaling)]


def scaling_goals_of(passes: int | None, scaling: Sequence[Scaling]) -> list[Goal]:
    """Threads and ranks, for one number of trajectories; none: there were no runs."""
    by_key = {(run.ranks, run.threads): run for run in scaling if not run.skipped and run.passes == passes}
    one = by_key.get((1, 1))

    def speed_up(ranks: int, threads: int) -> float | None:
        other = by_key.get((ranks, threads))
        return one.training_wall_seconds / other.training_wall_seconds if one and other else None

    wanted = [(1, 1), (1, 2), (2, 1), (2, 2)]
    digests = {by_key[key].policy_digest for key in wanted if key in by_key}
    n_found = sum(key in by_key for key in wanted)
    trajectories = f"{passes} trajectories: " if passes is not None else ""
    return [
        at_least(f"{trajectories}two threads to one, wall time of the training", 1.9, speed_up(1, 2)),
        at_least(f"{trajectories}two ranks to one, wall time of the training", 1.8, speed_up(2, 1)),
        Goal(
            f"{trajectories}(ranks, threads) = (1, 1), (1, 2), (2, 1), (2, 2): different policies, byte by byte",
            "1 of 4 runs",
            f"{len(digests)} of {n_found} runs" if n_found else "–",
            # Equal policies of some of the runs prove nothing of the others.
            False if len(digests) > 1 else True if n_found == len(wanted) else None,
        ),
    ]


def single_run(scaling: Sequence[Scaling], passes: int) -> Scaling | None:
    """The run on one rank and thread with this number of trajectories."""
    alone = (run for run in scaling if (run.passes, run.ranks, run.threads) == (passes, 1, 1) and not run.skipped)
    return next(alone, None)
