"""Simulation."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt
import polars as pl

from .case import Case
from .outputs import Outputs
from .policy import Policy
from .tables import Table
from .training import StopRequest, TrainingResult

def simulate(
    case: Case,
    policy: Policy | TrainingResult,
    config_overrides: Mapping[str, Any] | None = None,
    *,
    output: str | os.PathLike[str] | None = None,
    run: int | None = None,
    resume: bool = False,
    threads: int | None = None,
    solver: str | None = None,
    progress: bool | Callable[[dict[str, Any]], object] | None = None,
    stop: StopRequest | None = None,
    storage_options: Mapping[str, str] | None = None,
) -> SimulationResult:
    """Applies a policy to sampled scenarios.

    The computation runs on threads of its own, without the interpreter, as that of `train` does. Results are the same,
    bit by bit, for any number of threads. Without `output` they are tables in memory; with it a run is written.

    After Ctrl-C the simulation stops at the end of a bucket of scenarios, and `KeyboardInterrupt` is raised; its
    attribute `result` is the `SimulationResult` of what was done. A simulation into a run goes on with `resume=True` in
    the same `output`; scenarios of another policy or other settings are simulated again.

    Args:
        case: the case.
        policy: the policy, or the result of the training that made it.
        config_overrides: changes of the configuration of the case, as for `train`.
        output: folder or URL of outputs.
        run: number of the run in `output`; the next free one by default. With `resume` the run to go on with.
        resume: whether to go on with the newest run of this study in `output`.
        threads: worker threads; what `get_threads` says by default.
        solver: `dual_simplex` or `highs`; by default what the case says.
        progress: as for `train`.
        stop: a request to stop that another thread can make.
        storage_options: options of the store of `output`.

    Raises:
        ValidationError: the changed configuration breaks rules of the format.
        PolicyError: the policy does not fit the case.
        SolverError: a stage problem has no solution.
        ArgumentError: an argument does not fit; simulation is switched off; there is nothing to resume.
        IOError: something cannot be written.

    Example:
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> few = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]},
        ...        "simulation": {"selection": {"num_scenarios": 32}}}
        >>> result = cobre.simulate(case, cobre.train(case, few), few)
        >>> result.n_scenarios, result.costs.shape
        (32, (32,))
        >>> bool(np.isclose(result.costs.mean(), result.mean_cost))
        True
    """

@final
class SimulationResult:
    """What a simulation has come to; immutable."""

    @property
    def n_scenarios(self) -> int:
        """Number of scenarios."""

    @property
    def mean_cost(self) -> float:
        """Mean discounted cost ($); NaN without scenarios."""

    @property
    def std_cost(self) -> float | None:
        """Sample standard deviation of the cost ($); `None` for a single scenario."""

    @property
    def stopped(self) -> bool:
        """Whether it was stopped on request."""

    @property
    def costs(self) -> npt.NDArray[np.float64]:
        """Discounted cost of every scenario ($), shape `(scenarios,)`; a read-only view. Empty where a run keeps no
        table of scenarios."""

    def cvar(self, tail: float = 0.05) -> float:
        """Mean of the greatest costs that make up the share `tail` of all ($), the cost at the edge counted in part
        (Rockafellar and Uryasev 2000); as `cvar` in SQL.

        Raises:
            ArgumentError: `tail` is not above 0 and up to 1, or there are no costs.

        Example:
            >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
            >>> few = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]},
            ...        "simulation": {"selection": {"num_scenarios": 32}}}
            >>> result = cobre.simulate(case, cobre.train(case, few), few)
            >>> bool(np.isclose(result.cvar(1 / 32), result.costs.max()))
            True
        """

    @property
    def names(self) -> list[str]:
        """Qualified names of the tables, e.g. `simulation/hydros`."""

    @property
    def output(self) -> Outputs | None:
        """The run, where there is an `output`."""

    def __getitem__(self, name: str, /) -> Table:
        """A table by its plain or qualified name. Those in memory are not copied; they come in one chunk per bucket of
        scenarios.

        Raises:
            ArgumentError: there is no such table.
        """

    def scan(self, name: str) -> pl.LazyFrame:
        """A table as a lazy frame of Polars.

        Raises:
            ArgumentError: there is no such table.
        """

    def sql(
        self,
        query: str,
        parameters: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        memory_limit: int | None = None,
        **tables: Any,
    ) -> Table:
        """The answer to a query over the tables and the views that can be made of them, without a prefix; results that
        are in a run answer for all that it holds. See `Outputs.sql`.

        Raises:
            QueryError: the query is wrong, or needs more memory than it may have.
        """

    def write(self, url: str | os.PathLike[str], *, storage_options: Mapping[str, str] | None = None) -> Outputs:
        """Writes results in memory as a committed run. With the training beside it: `TrainingResult.write`.

        Raises:
            ArgumentError: the results are in a run already.
            IOError: something cannot be written.
        """

def _simulation_of_outputs(outputs: Outputs, costs: Sequence[float]) -> SimulationResult: ...
