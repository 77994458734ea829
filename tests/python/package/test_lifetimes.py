"""Memory: nothing is lost, and nothing is used after its owner is gone."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

import cobre

ONE = {
    "training": {"stopping_rules": [{"type": "iteration_limit", "limit": 1}]},
    "simulation": {"selection": {"num_scenarios": 4}},
}


def resident_bytes() -> int:
    """Memory of this process that is in use."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_a_thousand_trainings_leave_the_memory_flat(toy: cobre.Case) -> None:
    def study() -> None:
        training = cobre.train(toy, ONE, threads=1, progress=False)
        training.convergence.to_polars()
        training.policy.evaluate(training.policy.initial_state)

    for _ in range(200):
        study()
    gc.collect()
    before = resident_bytes()
    for _ in range(1000):
        study()
    gc.collect()
    grown = resident_bytes() - before
    # Every training makes some hundred kB of tables and cuts: a tenth of them lost would be tens of MB.
    assert grown < 8 << 20, f"{grown / 1e6:.1f} MB more after a thousand trainings"


def test_arrow_buffers_are_given_back(case: cobre.Case, trained: cobre.TrainingResult) -> None:
    """A result of some 10 MB is handed to every library and dropped, many times."""
    many = {"simulation": {"selection": {"num_scenarios": 200}}}

    def hand_over() -> None:
        results = cobre.simulate(case, trained, many, progress=False)
        table = results["thermals"]
        frames: list[Any] = [table.to_polars(), pa.table(table), pl.DataFrame(table), table.to_pandas()]
        column = table.chunks("generation_mw")[0]
        del results, table
        assert all(len(frame) == len(frames[0]) for frame in frames)
        assert column.sum() > 0.0

    for _ in range(3):
        hand_over()
    gc.collect()
    before = resident_bytes()
    for _ in range(15):
        hand_over()
    gc.collect()
    grown = resident_bytes() - before
    assert grown < 30 << 20, f"{grown / 1e6:.1f} MB more after fifteen results"


def test_views_outlive_what_they_came_from(toy: cobre.Case) -> None:
    training = cobre.train(toy, ONE, progress=False)
    policy = training.policy
    cuts = policy.cuts()
    data = toy.openings.data
    bounds = training.convergence["lower_bound"]
    kept = {name: values.copy() for name, values in cuts.items()}
    copy, bound = data.copy(), bounds.copy()
    del training, policy
    gc.collect()
    for _ in range(20):
        cobre.train(toy, ONE, progress=False)
    for name, values in cuts.items():
        np.testing.assert_array_equal(values, kept[name])
    np.testing.assert_array_equal(data, copy)
    np.testing.assert_array_equal(bounds, bound)
