"""Times the evaluation of a policy at many states beside NumPy's own matrix product, in one run.

    python benches/python_evaluation.py [--states N] [--cuts N] [--plants N ...] [--rounds N] [--threads N]

A system of six stages and as many plants is generated and trained until a stage has as many cuts, if it ever has: cuts
that say nothing new are merged away. The stage with most of them is asked. `numpy` is `states @ coefficients.T`, the
product alone; `cobre` gives the greatest value of `intercepts + states @ coefficients.T`, which is what is wanted;
`numpy max` is the same answer by NumPy. Every round times all of them once more; the shortest time counts.

NumPy's library of linear algebra takes all cores unless told otherwise: `OPENBLAS_NUM_THREADS=1 python … --threads 1`
gives both one. Prints a table; the share is the time of the product alone in that of `cobre`, above 1 where `cobre` is
faster.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import cobre

ROOT = Path(__file__).resolve().parents[1]


def shortest(work: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Shortest time of every work (s)."""
    best = dict.fromkeys(work, float("inf"))
    for _ in range(rounds):
        for name, run in work.items():
            begun = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - begun)
    return best


def trained(case: cobre.Case, n_cuts: int) -> tuple[cobre.Policy, int]:
    """A policy, and the stage with most cuts: as many as asked for, or what eight times as many trial points give."""
    result: cobre.TrainingResult | None = None
    times = 1
    while True:
        limit = {"type": "iteration_limit", "limit": -(-n_cuts * times // 8)}
        overrides = {"training": {"stopping_rules": [limit]}}
        result = cobre.train(case, overrides, resume_from=result, progress=False)
        counts = {stage: int(result.policy.cuts(stage)["is_active"].sum()) for stage in result.policy.stage_ids}
        stage = max(counts, key=lambda stage: counts[stage])
        if counts[stage] >= n_cuts or times == 8:
            return result.policy, stage
        times *= 2


def measure(plants: int, n_states: int, n_cuts: int, rounds: int) -> None:
    """Prints the line of one system."""
    with tempfile.TemporaryDirectory() as folder:
        generator = [sys.executable, str(ROOT / "datasets" / "generate_system.py")]
        size = ["--plants", str(plants), "--cascades", str(max(1, plants // 8)), "--thermals", "10", "--stages", "6"]
        subprocess.run([*generator, *size, "--forward-passes", "8", "--output", f"{folder}/system"], check=True)
        case = cobre.CaseLoader.load(f"{folder}/system")
    policy, stage = trained(case, n_cuts)
    cuts = policy.cuts(stage)
    intercepts, coefficients = cuts["intercepts"], cuts["coefficients"]
    intercepts, coefficients = intercepts[cuts["is_active"]], coefficients[cuts["is_active"]]
    factors = np.random.default_rng(1).uniform(0.0, 2.0, size=(n_states, len(policy.components)))
    states = factors * policy.initial_state
    by_columns = np.asfortranarray(states)
    transposed = np.ascontiguousarray(coefficients.T)
    product = np.empty((n_states, len(intercepts)))

    def highest() -> object:
        np.matmul(states, transposed, out=product)
        return np.add(product, intercepts, out=product).max(axis=1)

    best = shortest(
        {
            "numpy": lambda: np.matmul(states, transposed, out=product),
            "numpy max": highest,
            "cobre": lambda: policy.evaluate(states, stage),
            "cobre by columns": lambda: policy.evaluate(by_columns, stage),
        },
        rounds,
    )
    print(
        f"{len(policy.components):>10} {len(intercepts):>6} "
        + " ".join(f"{seconds:>16.4f}" for seconds in best.values())
        + f" {best['numpy'] / best['cobre']:>8.2f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--states", type=int, default=100_000)
    parser.add_argument("--cuts", type=int, default=1_000)
    parser.add_argument("--plants", type=int, nargs="+", default=[10, 40, 160])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    cobre.set_threads(arguments.threads)
    print(f"{arguments.states} states, {arguments.threads} threads, seconds")
    print(
        f"{'components':>10} {'cuts':>6} {'numpy':>16} {'numpy max':>16} {'cobre':>16} "
        f"{'cobre by columns':>16} {'share':>8}"
    )
    for plants in arguments.plants:
        measure(plants, arguments.states, arguments.cuts, arguments.rounds)


if __name__ == "__main__":
    main()
