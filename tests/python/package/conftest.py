"""The cases that tests of the package look at."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

import cobre
from runs import write_run
from studies import SMALL

# Who starts the tests in the background has them ignore Ctrl-C, and the processes that they start, too.
signal.signal(signal.SIGINT, signal.default_int_handler)

DATASETS = Path(__file__).parents[3] / "datasets"


@pytest.fixture(scope="session")
def case() -> cobre.Case:
    """The study of the README: four plants, five buses, twelve stages of one block."""
    return cobre.CaseLoader.load(DATASETS / "four-reservoirs")


@pytest.fixture(scope="session")
def toy() -> cobre.Case:
    """A small study with several blocks."""
    return cobre.CaseLoader.load(DATASETS / "toy")


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Outputs of a run of `four-reservoirs`: 8 iterations, 160 scenarios in 8 buckets."""
    return write_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def outputs(root: Path) -> cobre.Outputs:
    """The run of `root`."""
    return cobre.open(root)


@pytest.fixture(scope="session")
def datasets() -> Path:
    """The folder of the cases."""
    return DATASETS


@pytest.fixture(scope="session")
def trained(case: cobre.Case) -> cobre.TrainingResult:
    """Two iterations, in memory."""
    return cobre.train(case, SMALL)


@pytest.fixture(scope="session")
def simulated(case: cobre.Case, trained: cobre.TrainingResult) -> cobre.SimulationResult:
    """32 scenarios, in memory."""
    return cobre.simulate(case, trained, SMALL)
