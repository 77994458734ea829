"""What a policy says, as expressions of Polars.

The functions give expressions that go wherever expressions go: `select`, `with_columns`, `filter`, `group_by`, `over`,
lazily and in the streaming engine. They are evaluated in batches by the same code as `Policy.evaluate`, to the same
bits.

A state is the water in the reservoirs at the end of the stage (hm³) and, where inflows have memory, their past values
(m³/s), in one of these forms:

- a column per component, in the order of `policy.components`:
  `cobre.expr.future_cost(policy, 3, "storage_0", "storage_1")`
- by name: `cobre.expr.future_cost(policy, 3, storage_0="v0", storage_1=pl.col("v1") * 2)`, or a mapping of the same
- one column of lists or arrays, in the order of the components, or of structs whose fields have their names.

A row in which the stage or a component is null gives null; a number that is not finite is an error.

An expression knows its policy by the hash of its content. The policy stays in memory from the first expression on until
it is released, because expressions can be copied and run at any time. A plan that is sent to another process finds
its policy only if that process has built an expression of the same policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.plugins import register_plugin_function

import cobre._cobre
from cobre._cobre import expressions as _expressions
from cobre.errors import ArgumentError

if TYPE_CHECKING:
    from polars._typing import IntoExpr

    from cobre._cobre.policy import Policy

__all__ = ["binding_cut", "future_cost", "release", "water_value"]


def future_cost(
    policy: Policy, stage: int | IntoExpr, *state: IntoExpr | Mapping[str, IntoExpr], **components: IntoExpr
) -> pl.Expr:
    """The cost from the next stage on ($) at a state, before the discount factor of the stage.

    Args:
        policy: the policy.
        stage: label of the stage at whose end the state is, or a column of labels.
        state: the state, see above.
        components: the state by names of components.

    Raises:
        ArgumentError: the policy has no such stage or component, or components are missing.

    Example:
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> short = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
        >>> policy = cobre.train(case, short).policy
        >>> states = {name: [0.0, 100.0] for name in policy.components}
        >>> costs = pl.DataFrame(states).select(cobre.expr.future_cost(policy, 0, *states))
        >>> costs["future_cost"].is_sorted(descending=True)
        True
    """
    return _expression("future_cost", policy, stage, None, state, components)


def water_value(
    policy: Policy, stage: int | IntoExpr, hydro: int, *state: IntoExpr | Mapping[str, IntoExpr], **components: IntoExpr
) -> pl.Expr:
    """The slope of the future cost in the storage of a plant ($/hm³): negative where water saves money.

    Args:
        policy: the policy.
        stage: label of the stage at whose end the state is, or a column of labels.
        hydro: label of the plant.
        state: the state, see above.
        components: the state by names of components.

    Raises:
        ArgumentError: the policy has no such stage, plant or component, or components are missing.

    Example:
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> short = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
        >>> policy = cobre.train(case, short).policy
        >>> states = pl.DataFrame({name: [0.0] for name in policy.components})
        >>> plant = case.hydros[0].id
        >>> values = states.select(cobre.expr.water_value(policy, 0, plant, *states.columns))
        >>> values["water_value"][0] <= 0
        True
    """
    return _expression("water_value", policy, stage, hydro, state, components)


def binding_cut(
    policy: Policy, stage: int | IntoExpr, *state: IntoExpr | Mapping[str, IntoExpr], **components: IntoExpr
) -> pl.Expr:
    """The id of the cut that decides the future cost at a state; null where none is above 0.

    Args:
        policy: the policy.
        stage: label of the stage at whose end the state is, or a column of labels.
        state: the state, see above.
        components: the state by names of components.

    Raises:
        ArgumentError: the policy has no such stage or component, or components are missing.

    Example:
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> short = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
        >>> policy = cobre.train(case, short).policy
        >>> states = pl.DataFrame({name: [0.0] for name in policy.components})
        >>> states.select(cobre.expr.binding_cut(policy, 0, *states.columns)).schema["binding_cut"]
        UInt32
    """
    return _expression("binding_cut", policy, stage, None, state, components)


def release(policy: Policy) -> bool:
    """Lets go of a policy that expressions use; those that exist fail from now on.

    Returns:
        Whether an expression had used the policy.

    Example:
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> short = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
        >>> policy = cobre.train(case, short).policy
        >>> cobre.expr.release(policy)
        False
    """
    return _expressions._release(policy)


def _expression(
    function: str,
    policy: Policy,
    stage: int | IntoExpr,
    hydro: int | None,
    state: tuple[IntoExpr | Mapping[str, IntoExpr], ...],
    components: Mapping[str, IntoExpr],
) -> pl.Expr:
    label = stage if isinstance(stage, int) and not isinstance(stage, bool) else None
    columns: list[Any] = [given for given in state if not isinstance(given, Mapping)]
    named = {name: column for given in state if isinstance(given, Mapping) for name, column in given.items()}
    named.update(components)
    if columns and named:
        raise ArgumentError("state: give the components by position or by name, not both", kind="argument")
    if columns:
        order = _expressions._check(policy, stage=label, hydro=hydro)
        if len(columns) not in (1, len(order)):
            found = f"{len(columns)} components found, {len(order)} expected: {', '.join(order)}"
            raise ArgumentError(f"state: {found}", kind="argument")
    else:
        order = _expressions._check(policy, stage=label, hydro=hydro, names=list(named))
        columns = [named[name] for name in order]
    asked: dict[str, Any] = {"policy": _expressions._hold(policy), "stage": label, "hydro": hydro}
    expression = register_plugin_function(
        plugin_path=Path(cobre._cobre.__file__),
        function_name=function,
        args=[*([] if label is not None else [stage]), *columns],
        kwargs=asked,
        is_elementwise=True,
    )
    return expression.alias(function)
