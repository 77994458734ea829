"""Plan hydrothermal power systems by stochastic dual dynamic programming, and study the results as data."""

from importlib import import_module
from types import ModuleType

from cobre import expr as expr
from cobre._async import SimulationTask, TrainingTask, simulate_async, train_async
from cobre._cobre import __version__ as __version__
from cobre._cobre.case import Case, CaseLoader, Finding, ValidationResult, validate
from cobre._cobre.entities import (
    Block,
    Bus,
    DeficitSegment,
    HydroPlant,
    Line,
    Stage,
    ThermalUnit,
    Topology,
    UnitGroup,
)
from cobre._cobre.outputs import Batches, Outputs, open
from cobre._cobre.policy import Policy, PolicyComparison
from cobre._cobre.simulation import SimulationResult, simulate
from cobre._cobre.sql import sql
from cobre._cobre.stochastic import (
    ExternalScenarios,
    OpeningTree,
    PARModel,
    load_external_scenarios,
    sample_noise,
)
from cobre._cobre.tables import Column, Table
from cobre._cobre.threads import get_threads, set_threads
from cobre._cobre.training import StopRequest, TrainingResult, train
from cobre._launch import launch
from cobre.errors import (
    ArgumentError,
    ClosedError,
    CobreError,
    InternalError,
    IOError,
    PolicyError,
    QueryError,
    SolverError,
    ValidationError,
)

__all__ = [
    "ArgumentError",
    "Batches",
    "Block",
    "Bus",
    "Case",
    "CaseLoader",
    "ClosedError",
    "CobreError",
    "Column",
    "DeficitSegment",
    "ExternalScenarios",
    "Finding",
    "HydroPlant",
    "IOError",
    "InternalError",
    "Line",
    "OpeningTree",
    "Outputs",
    "PARModel",
    "Policy",
    "PolicyComparison",
    "PolicyError",
    "QueryError",
    "SimulationResult",
    "SimulationTask",
    "SolverError",
    "Stage",
    "StopRequest",
    "Table",
    "ThermalUnit",
    "Topology",
    "TrainingResult",
    "TrainingTask",
    "UnitGroup",
    "ValidationError",
    "ValidationResult",
    "expr",
    "get_threads",
    "launch",
    "load_external_scenarios",
    "open",
    "sample_noise",
    "set_threads",
    "simulate",
    "simulate_async",
    "sql",
    "train",
    "train_async",
    "validate",
]


def __getattr__(name: str) -> ModuleType:
    # Charts need Altair, which is optional: they are imported when they are first asked for.
    if name != "plot":
        raise AttributeError(f"module 'cobre' has no attribute {name!r}")
    try:
        return import_module("cobre.plot")
    except ModuleNotFoundError as error:
        if error.name != "altair":
            raise
        raise ModuleNotFoundError("charts need Altair; hint: pip install altair", name="altair") from error
