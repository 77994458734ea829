"""Policies: what training makes, as data.

A policy holds for every stage cuts `future cost ≥ intercept + coefficients · state`, the state being that at the end of
the stage, the cost that from the next stage on, before the discount factor of the stage. All costs are in $, storage is
in hm³, inflow in m³/s.

Wherever a `state` is asked for, these are understood, `n` being the number of components of a state:

| state | answer for |
|---|---|
| sequence of `n` numbers, or array of shape `(n,)` | one state |
| array of shape `(states, n)` | each of the states |
| dictionary from the names of all components to numbers | one state |
| dictionary to numbers and arrays of one length | each of the states; a number stands for all |
| frame (any Arrow object) with a column for every component | each row; other columns are left aside |

Arrays of doubles that are contiguous, by rows or by columns, and columns of one chunk of doubles are read where they
lie; others are copied. Stages are named by their labels; `None` is the first one.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, final, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .tables import Table

_One: TypeAlias = Sequence[float] | Mapping[str, float]
_Array: TypeAlias = npt.NDArray[np.floating[Any] | np.integer[Any]]
_Any: TypeAlias = _One | _Array | Mapping[str, float | _Array] | Any

@final
class Policy:
    """A policy; immutable.

    Policies are equal when their stages, state components and cuts are, bit by bit, whoever made them, and when. They
    are pickled by content.

    Example:
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> limit = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
        >>> policy = cobre.train(case, limit).policy
        >>> policy.iterations
        2
        >>> policy.evaluate(policy.initial_state) > 0.0
        True
    """

    @staticmethod
    def load(url: str | os.PathLike[str], storage_options: Mapping[str, str] | None = None) -> Policy:
        """Reads a policy.

        Args:
            url: path or URL of a policy's own folder, of a run (`root/run=3`), or of a root of outputs, whose newest
                run with a policy is taken.
            storage_options: options of the store, e.g. `{"aws_endpoint": "http://127.0.0.1:5555"}`.

        Raises:
            IOError: there is no policy, or a file of it cannot be read or is not what was written.
        """

    def save(
        self,
        url: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        storage_options: Mapping[str, str] | None = None,
    ) -> None:
        """Writes the policy into a folder of its own, from which `load` and `cobre run --policy` read it.

        Args:
            url: path or URL of the folder.
            overwrite: whether a policy that is there may be replaced.
            storage_options: options of the store.

        Raises:
            IOError: something cannot be written, or is there already.
        """

    @property
    def n_stages(self) -> int:
        """Number of stages."""

    @property
    def stage_ids(self) -> list[int]:
        """Labels of the stages, in order."""

    @property
    def n_cuts(self) -> int:
        """Number of cuts over all stages, active or not."""

    @property
    def iterations(self) -> int:
        """Iterations of training it has seen."""

    @property
    def lower_bounds(self) -> npt.NDArray[np.float64]:
        """Lower bound after every iteration ($), shape `(iterations,)`; a read-only view."""

    @property
    def components(self) -> list[str]:
        """Names of the state components, in their order: `storage_1`, `inflow_lag_1_2` (plant 1, lag 2)."""

    @property
    def state_components(self) -> list[dict[str, Any]]:
        """The state components, in their order, each with `index`, `name`, `kind` (`storage`, `inflow_lag`),
        `entity_id`, `entity_name`, `lag` (0 for storage) and `unit` (`hm3`, `m3/s`)."""

    @property
    def initial_state(self) -> npt.NDArray[np.float64]:
        """State at the start of the study, shape `(components,)`; a read-only view."""

    @property
    def content_hash(self) -> str:
        """SHA-256 over stages, state components and cuts, as hexadecimal digits."""

    @property
    def study_hash(self) -> str:
        """SHA-256 over all that decided the bits of training: that of the case."""

    @overload
    def evaluate(self, state: _One, stage: int | None = None) -> float: ...
    @overload
    def evaluate(self, state: _Any, stage: int | None = None) -> Any:
        """Future cost ($): the greatest value of an active cut, and at least 0.

        Many states are met at once, by as many threads as `get_threads` says; the numbers do not depend on that.

        Args:
            state: one state or many, as the page of this module says.
            stage: label of the stage at whose end the state is.

        Returns:
            A number for one state, an array of shape `(states,)` for many.

        Raises:
            ArgumentError: another number of components, an unknown or missing name, a number that is not finite, or an
                unknown stage.
            TypeError: what is no number.

        Example:
            >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
            >>> limit = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
            >>> policy = cobre.train(case, limit).policy
            >>> states = np.outer([0.5, 1.0], policy.initial_state)
            >>> empty, full = policy.evaluate(states)
            >>> bool(empty >= full)
            True
        """

    def gradient(self, state: _Any, stage: int | None = None) -> npt.NDArray[np.float64]:
        """Slope of the future cost: the coefficients of the binding cut ($ per unit of each component), 0 where none
        is.

        Returns:
            Shape `(components,)` for one state, `(states, components)` for many.

        Raises:
            ArgumentError, TypeError: as `evaluate`.
        """

    @overload
    def water_value(self, state: _One, hydro: int, stage: int | None = None) -> float: ...
    @overload
    def water_value(self, state: _Any, hydro: int, stage: int | None = None) -> Any:
        """Slope of the future cost in the storage of a plant ($/hm³): negative where water saves money.

        Args:
            state: one state or many.
            hydro: label of the plant.
            stage: label of the stage at whose end the state is.

        Returns:
            A number for one state, an array of shape `(states,)` for many.

        Raises:
            ArgumentError, TypeError: as `evaluate`; also when the state has no storage of the plant.
        """

    @overload
    def binding_cut(self, state: _One, stage: int | None = None) -> int | None: ...
    @overload
    def binding_cut(self, state: _Any, stage: int | None = None) -> Any:
        """Id of the cut that has the greatest value, the first of several: its position in `cuts`.

        Returns:
            For one state the id, or `None` where no cut is above 0; for many an array of shape `(states,)` with −1
            there.

        Raises:
            ArgumentError, TypeError: as `evaluate`.
        """

    def cuts(self, stage: int | None = None) -> dict[str, npt.NDArray[Any]]:
        """The cuts of a stage as arrays with one entry per cut, in the order of their ids.

        Returns:
            - `ids`: 0, 1, 2, …
            - `intercepts`: $
            - `coefficients`: shape `(cuts, components)`, $ per unit of the component
            - `is_active`: whether the cut is part of the approximation
            - `iteration`: iteration that made it, 1-based; 0 for a cut that training began with
            - `forward_pass`: trajectory whose trial point it was made at
            - `times_binding`: solves in which it was binding
            - `last_binding_iteration`: last iteration with such a solve; 0 for none

            All are read-only views of the memory of the policy (`ids`, and `is_active` where all are, are made). They
            outlive the policy.

        Raises:
            ArgumentError: an unknown stage.

        Example:
            >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
            >>> limit = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
            >>> policy = cobre.train(case, limit).policy
            >>> cuts = policy.cuts()
            >>> values = cuts["intercepts"] + cuts["coefficients"] @ policy.initial_state
            >>> bool(np.isclose(values[cuts["is_active"]].max(), policy.evaluate(policy.initial_state)))
            True
        """

    def cuts_table(self) -> Table:
        """The cuts of all stages, one row per cut, one chunk per stage; `coefficients` is an array of fixed size.

        Numbers are those in the memory of the policy, not copied; `is_active`, `stage_id` and `cut_id` are made.
        """

    def to_arrow(self) -> pa.Table:
        """`cuts_table` as a table of pyarrow, without a copy."""

    def summary(self) -> dict[str, Any]:
        """What the policy is: status, iterations, bounds ($), times (s), counts of cuts by stage, state components.

        Example:
            >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
            >>> limit = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
            >>> summary = cobre.train(case, limit).policy.summary()
            >>> summary["status"], summary["iterations"], summary["dimension"]
            ('final', 2, 8)
        """

    def compare(self, other: Policy, states: _Any | None = None) -> PolicyComparison:
        """What this policy and another say of the future: stage by stage, at the initial state, at `states`, and at the
        trial points that are stored with either.

        Components are matched by what they are. Where one policy has a component that the other lacks, its value in a
        state of the other is that at the start of the study.

        Args:
            other: the other policy.
            states: further states, in the components of this policy.

        Raises:
            ArgumentError, TypeError: as `evaluate`.
        """

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...

@final
class PolicyComparison:
    """Two policies side by side; immutable. `print` shows it as a page.

    Example:
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> limit = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
        >>> policy = cobre.train(case, limit).policy
        >>> policy.compare(policy).max_relative_difference
        0.0
    """

    @property
    def max_relative_difference(self) -> float:
        """Largest `|first − second| / max(1, |first|, |second|)` over all stages and states."""

    @property
    def iterations(self) -> tuple[int, int]:
        """Iterations of either."""

    @property
    def lower_bounds(self) -> tuple[float | None, float | None]:
        """Lower bound of either after its last iteration ($)."""

    @property
    def n_cuts(self) -> tuple[int, int]:
        """Cuts of all stages."""

    @property
    def stages(self) -> list[dict[str, Any]]:
        """The stages that both have, each with `stage_id`, `n_cuts`, `initial_value` ($), `n_states`,
        `max_relative_difference`, `mean_relative_difference` and `worst_value` ($)."""

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data, with the components of the state that match and those that do not."""
