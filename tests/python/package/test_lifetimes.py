"""Memory: nothing is lost, and nothing is used after its owner is gone."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

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


HAND_OVER = """
import ctypes, gc, os, sys
from pathlib import Path
import polars as pl
import pyarrow as pa
import cobre

case = cobre.CaseLoader.load(sys.argv[1])
two = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
training = cobre.train(case, two, progress=False)
many = {"simulation": {"selection": {"num_scenarios": 100}}}
take = {
    "nothing": lambda table: len(table),
    "numpy": lambda table: table.chunks("generation_mw"),
    "polars": lambda table: (table.to_polars(), pl.DataFrame(table)),
    "pyarrow": lambda table: pa.table(table),
    "pandas": lambda table: table.to_pandas(),
}[sys.argv[2]]
for rounds in (15, 30):
    for _ in range(rounds):
        taken = take(cobre.simulate(case, training, many, progress=False)["thermals"])
    del taken
    gc.collect()
    pa.default_memory_pool().release_unused()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    print(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
"""


@pytest.mark.parametrize("library", ["nothing", "numpy", "polars", "pyarrow", "pandas"])
def test_arrow_buffers_are_given_back(library: str, datasets: Path) -> None:
    """Results of some 10 MB, each handed over and dropped, thirty times: one that were kept would be seen."""
    command = [sys.executable, "-c", HAND_OVER, str(datasets / "four-reservoirs"), library]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert after - before < 40 << 20, f"{(after - before) / 1e6:.1f} MB more after thirty results"


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
