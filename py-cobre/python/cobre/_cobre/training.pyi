"""Training."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import polars as pl

from .case import Case
from .outputs import Outputs
from .policy import Policy
from .simulation import SimulationResult
from .tables import Table

def train(
    case: Case,
    config_overrides: Mapping[str, Any] | None = None,
    *,
    policy: Policy | TrainingResult | None = None,
    resume_from: Policy | TrainingResult | None = None,
    output: str | os.PathLike[str] | None = None,
    run: int | None = None,
    resume: bool = False,
    threads: int | None = None,
    solver: str | None = None,
    progress: bool | Callable[[dict[str, Any]], object] | None = None,
    stop: StopRequest | None = None,
    storage_options: Mapping[str, str] | None = None,
) -> TrainingResult:
    """Trains a policy by stochastic dual dynamic programming.

    The computation runs on threads of its own, without the interpreter; the calling thread waits, and other threads of
    Python run meanwhile. Results are the same, bit by bit, for any number of threads. One case can be trained any
    number of times, also by several threads at once.

    Without `output` nothing touches a disk. With it a run is written, as `cobre run` writes it, with the checkpoints
    that the case asks for; simulation is left to `simulate`.

    After Ctrl-C training stops at the end of the iteration, with a checkpoint where there is an `output`, and
    `KeyboardInterrupt` is raised; its attribute `result` is the `TrainingResult` of what was done. Go on with
    `resume_from=` it, or with `resume=True` in the same `output`.

    Args:
        case: the case.
        config_overrides: changes of its configuration: an object as in `config.json`, merged into it (RFC 7386: `None`
            removes a key, lists are replaced), and checked as the file is.
        policy: cuts to begin with; iterations count from 1. Components of the state are matched by what they are.
        resume_from: what to go on from, as if training had never stopped: the bits are those of one uninterrupted
            training. The study has to be the same; stopping rules may be others.
        output: folder or URL of outputs.
        run: number of the run in `output`; the next free one by default. With `resume` the run to go on with.
        resume: whether to go on with the newest run of this study in `output`.
        threads: worker threads; what `get_threads` says by default.
        solver: `dual_simplex` or `highs`; by default what the case says.
        progress: `None` for a display in a terminal and in Jupyter, `True` for one anywhere, `False` for none; or who
            is called with every event, a dictionary as `cobre run --json` prints it, on the calling thread. An
            exception of it stops training, and is raised as Ctrl-C is. Events go to the logger `cobre` as well.
        stop: a request to stop that another thread can make; training ends in order, without an exception.
        storage_options: options of the store of `output`.

    Raises:
        ValidationError: the changed configuration breaks rules of the format.
        PolicyError: a policy does not fit the case.
        SolverError: a stage problem has no solution.
        ArgumentError: an argument does not fit; training is switched off; there is nothing to resume.
        IOError: something cannot be written.

    Example:
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> limit = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
        >>> result = cobre.train(case, limit)
        >>> result.iterations, result.reason
        (2, 'iteration_limit')
        >>> more = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 3}]}}
        >>> cobre.train(case, more, resume_from=result).lower_bound >= result.lower_bound
        True
    """

@final
class StopRequest:
    """A request to stop, which any thread may make at any time.

    Work stops at its next safe point: training at the end of an iteration, a simulation at the end of a bucket of
    scenarios.

    Example:
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> stop = cobre.StopRequest()
        >>> stop.request()
        >>> result = cobre.train(case, stop=stop)
        >>> result.stopped, result.iterations
        (True, 1)
    """

    def __new__(cls) -> StopRequest: ...
    def request(self) -> None:
        """Asks to stop. There is no way back."""

    @property
    def is_requested(self) -> bool:
        """Whether it was asked."""

@final
class TrainingResult:
    """What training has come to; immutable.

    Example:
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> limit = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
        >>> result = cobre.train(case, limit)
        >>> pl.DataFrame(result.convergence)["iteration"].to_list()
        [1, 2]
    """

    @property
    def policy(self) -> Policy:
        """The policy."""

    @property
    def lower_bound(self) -> float:
        """Lower bound of the optimal value ($) after the last iteration."""

    @property
    def upper_bound(self) -> tuple[float, float | None]:
        """Mean and sample standard deviation of the cost of the last forward pass ($); the latter is `None` for a
        single trajectory."""

    @property
    def gap_percent(self) -> float | None:
        """`100 · (upper − lower) / max(1, |lower|)`; `None` under risk aversion, where a sampled mean is no upper
        bound, and where the lower bound is not positive."""

    @property
    def iterations(self) -> int:
        """Iterations done, those before a resume included."""

    @property
    def reason(self) -> str:
        """Why training ended: `iteration_limit`, `time_limit`, `bound_stalling`, `requested`."""

    @property
    def stopped(self) -> bool:
        """Whether it was stopped on request."""

    @property
    def seconds(self) -> float:
        """Time of training (s), that before a resume included."""

    @property
    def convergence(self) -> Table:
        """Bounds, cuts and times of every iteration: the table `training/convergence`."""

    @property
    def names(self) -> list[str]:
        """Qualified names of the tables, e.g. `training/convergence`."""

    @property
    def output(self) -> Outputs | None:
        """The run, where there is an `output`."""

    def __getitem__(self, name: str, /) -> Table:
        """A table by its plain or qualified name. Those in memory are not copied.

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
        """The answer to a query over all that the run holds – tables, views, the policy and its functions – without a
        prefix; of results in memory that is the run that they would be. See `Outputs.sql`.

        Raises:
            QueryError: the query is wrong, or needs more memory than it may have.
        """

    def write(
        self,
        url: str | os.PathLike[str],
        *,
        simulation: SimulationResult | None = None,
        storage_options: Mapping[str, str] | None = None,
    ) -> Outputs:
        """Writes results in memory as a committed run.

        Args:
            url: folder or URL of outputs.
            simulation: a simulation in memory that becomes part of the run.
            storage_options: options of the store.

        Raises:
            ArgumentError: the results are in a run already.
            IOError: something cannot be written.
        """

def _training_of_outputs(outputs: Outputs, gap_percent: float | None) -> TrainingResult: ...
