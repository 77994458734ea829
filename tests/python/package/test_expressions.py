"""Policies inside expressions of Polars: the same numbers as by a call, wherever an expression stands."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import cobre
from cobre import expr

STAGE = 3


@pytest.fixture(scope="module")
def policy(outputs: cobre.Outputs) -> cobre.Policy:
    return outputs.policy()


@pytest.fixture(scope="module")
def names(policy: cobre.Policy) -> list[str]:
    return policy.components


@pytest.fixture(scope="module")
def states(policy: cobre.Policy) -> pl.DataFrame:
    """Ten thousand states around the initial one, with a stage and a group each."""
    random = np.random.default_rng(7)
    numbers = policy.initial_state * random.uniform(0.0, 2.0, (10_000, len(policy.components)))
    stages = pl.Series("stage", random.choice(policy.stage_ids, 10_000), dtype=pl.Int32)
    return pl.DataFrame(numbers, schema=policy.components).with_columns(stages, group=pl.int_range(pl.len()) % 7)


def numbers_of(states: pl.DataFrame, policy: cobre.Policy) -> np.ndarray:
    return np.ascontiguousarray(states.select(policy.components).to_numpy())


Forms = list[Callable[[cobre.Policy], list[object]]]

FORMS: dict[str, Callable[[list[str]], pl.Expr]] = {
    "arrays": lambda names: pl.concat_arr(names),
    "lists": lambda names: pl.concat_list(names),
    "structs": lambda names: pl.struct(names),
    "structs in another order": lambda names: pl.struct(names[::-1]),
    "expressions": lambda names: pl.concat_list([pl.col(name) * 1.0 for name in names]),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_state_has_many_forms(
    policy: cobre.Policy, states: pl.DataFrame, names: list[str], form: Callable[[list[str]], pl.Expr]
) -> None:
    expected = policy.evaluate(numbers_of(states, policy), STAGE)
    found = states.select(expr.future_cost(policy, STAGE, form(names)))["future_cost"]
    np.testing.assert_array_equal(found.to_numpy(), expected)


def test_components_go_by_position_and_by_name(policy: cobre.Policy, states: pl.DataFrame, names: list[str]) -> None:
    expected = policy.evaluate(numbers_of(states, policy), STAGE)
    renamed = states.rename({name: f"v{at}" for at, name in enumerate(names)})
    columns = {name: f"v{at}" for at, name in reversed(list(enumerate(names)))}
    for expression in [
        expr.future_cost(policy, STAGE, *columns.values().__reversed__()),
        expr.future_cost(policy, STAGE, **{name: pl.col(column) for name, column in columns.items()}),
        expr.future_cost(policy, STAGE, columns),
    ]:
        np.testing.assert_array_equal(renamed.select(expression).to_series().to_numpy(), expected)


def test_all_three_answers_are_those_of_the_policy(
    policy: cobre.Policy, states: pl.DataFrame, names: list[str], case: cobre.Case
) -> None:
    plant = case.hydros[1].id
    numbers = numbers_of(states, policy)
    found = states.select(
        expr.future_cost(policy, STAGE, *names),
        expr.water_value(policy, STAGE, plant, *names),
        expr.binding_cut(policy, STAGE, *names),
    )
    assert found.schema == {"future_cost": pl.Float64, "water_value": pl.Float64, "binding_cut": pl.UInt32}
    np.testing.assert_array_equal(found["future_cost"], policy.evaluate(numbers, STAGE))
    np.testing.assert_array_equal(found["water_value"], policy.water_value(numbers, hydro=plant, stage=STAGE))
    np.testing.assert_array_equal(found["binding_cut"], policy.binding_cut(numbers, STAGE))
    assert found["binding_cut"].n_unique() > 1, "the states meet several cuts"


def test_the_stage_may_be_a_column(policy: cobre.Policy, states: pl.DataFrame, names: list[str]) -> None:
    expected = np.empty(states.height)
    for stage in policy.stage_ids:
        rows = (states["stage"] == stage).to_numpy()
        expected[rows] = policy.evaluate(numbers_of(states, policy)[rows], stage)
    columns: list[str | pl.Expr] = ["stage", pl.col("stage"), pl.col("stage").cast(pl.UInt8), pl.col("stage") + 0]
    for column in columns:
        found = states.select(expr.future_cost(policy, column, *names))
        np.testing.assert_array_equal(found.to_series(), expected)


CONTEXTS: dict[str, Callable[[pl.LazyFrame, pl.Expr], pl.LazyFrame]] = {
    "select": lambda lazy, cost: lazy.select("group", cost),
    "with_columns": lambda lazy, cost: lazy.with_columns(cost).select("group", "cost"),
    "filter": lambda lazy, cost: lazy.filter(cost > cost.mean()).select("group", cost),
    "sort": lambda lazy, cost: lazy.sort(cost, "group").select("group", cost),
    "group_by": lambda lazy, cost: lazy.group_by("group").agg(cost.max()).sort("group"),
    "group_by of means": lambda lazy, cost: lazy.group_by("group").agg(cost.implode().list.sum()).sort("group"),
    "over": lambda lazy, cost: lazy.select("group", cost.rank().over("group").alias("cost")),
    "when": lambda lazy, cost: lazy.select("group", pl.when(pl.col("group") > 3).then(cost).otherwise(0.0)),
    "nothing": lambda lazy, cost: lazy.filter(pl.col("group") > 99).select("group", cost),
}


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS.keys())
@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_expressions_stand_wherever_expressions_stand(
    policy: cobre.Policy,
    states: pl.DataFrame,
    names: list[str],
    context: Callable[[pl.LazyFrame, pl.Expr], pl.LazyFrame],
    engine: str,
) -> None:
    known = states.with_columns(cost=policy.evaluate(numbers_of(states, policy), STAGE))
    expected = context(known.lazy(), pl.col("cost")).collect()
    found = context(states.lazy(), expr.future_cost(policy, STAGE, *names).alias("cost"))
    assert found.collect(engine=engine).equals(expected)  # type: ignore[call-overload]


def test_chunks_do_not_matter(policy: cobre.Policy, states: pl.DataFrame, names: list[str]) -> None:
    parts = [states.slice(at * 37, 37) for at in range(50)]
    expression = expr.future_cost(policy, STAGE, *names)
    found = pl.concat(parts, rechunk=False).select(expression)
    assert found.equals(states.head(50 * 37).select(expression))


def test_states_of_a_run_are_valued_where_they_lie(
    policy: cobre.Policy, outputs: cobre.Outputs, case: cobre.Case
) -> None:
    columns = {f"storage_{plant.id}": ("storage_final_hm3", plant.id) for plant in case.hydros}
    columns |= {f"inflow_lag_{plant.id}_1": ("incremental_inflow_m3s", plant.id) for plant in case.hydros}
    assert set(policy.components) == set(columns), "the state of this study is storage and the last inflow"
    lazy = outputs.scan("hydros").filter(pl.col("stage_id") == STAGE)
    wide = lazy.group_by("scenario_id").agg(
        pl.col(column).filter(pl.col("hydro_id") == plant).first().alias(name)
        for name, (column, plant) in columns.items()
    )
    valued = wide.with_columns(expr.future_cost(policy, STAGE, {name: name for name in columns})).collect()
    expected = policy.evaluate(numbers_of(valued, policy), STAGE)
    np.testing.assert_array_equal(valued["future_cost"], expected)


def test_what_is_not_known_is_null(policy: cobre.Policy, states: pl.DataFrame, names: list[str]) -> None:
    some = states.head(6)
    expected = some.select(expr.future_cost(policy, STAGE, *names)).to_series()
    holed = some.with_columns(pl.when(pl.int_range(6) == 2).then(None).otherwise(pl.col(names[0])).alias(names[0]))
    stages = pl.when(pl.int_range(6) == 4).then(None).otherwise(STAGE)
    forms = [
        expr.future_cost(policy, stages, *names),
        expr.future_cost(policy, stages, pl.concat_list(names)),
        expr.future_cost(policy, stages, pl.struct(names)),
    ]
    for form in forms:
        found = holed.select(form).to_series()
        assert found.is_null().to_list() == [False, False, True, False, True, False]
        assert found.drop_nulls().to_list() == [expected[at] for at in (0, 1, 3, 5)]
    whole = holed.select(expr.binding_cut(policy, STAGE, pl.when(pl.int_range(6) > 0).then(pl.concat_list(names))))
    assert whole.to_series().is_null().to_list()[:3] == [True, False, True]
    nulls = some.with_columns(pl.lit(None).alias(names[0]))
    assert nulls.select(expr.future_cost(policy, STAGE, *names)).to_series().null_count() == 6


def test_a_constant_stands_for_all_rows(policy: cobre.Policy, states: pl.DataFrame, names: list[str]) -> None:
    first, *others = names
    found = states.select(expr.future_cost(policy, STAGE, first, *[pl.lit(100) for _ in others]))
    numbers = np.column_stack([states[first].to_numpy(), *[np.full(states.height, 100.0) for _ in others]])
    np.testing.assert_array_equal(found.to_series(), policy.evaluate(numbers, STAGE))
    alone = pl.select(expr.future_cost(policy, STAGE, *[0.0 for _ in names]))
    assert alone.item() == policy.evaluate([0.0 for _ in names], STAGE)


def test_whole_numbers_are_numbers(policy: cobre.Policy, names: list[str]) -> None:
    states = pl.DataFrame({name: [0, 100, 200] for name in names})
    found = states.select(expr.future_cost(policy, STAGE, *names)).to_series()
    np.testing.assert_array_equal(found, policy.evaluate(states.to_numpy().astype(float), STAGE))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p, n: expr.future_cost(p, 99, *n), "no stage 99"),
        (lambda p, n: expr.future_cost(p, STAGE, *n[:-1]), "7 components found, 8 expected"),
        (lambda p, n: expr.future_cost(p, STAGE), "lacks components"),
        (lambda p, n: expr.future_cost(p, STAGE, **{name: name for name in n[:-1]}), "lacks components"),
        (lambda p, n: expr.future_cost(p, STAGE, **{name: name for name in n}, level="x"), "has no `level`"),
        (lambda p, n: expr.future_cost(p, STAGE, n[0], **{n[1]: "x"}), "by position or by name, not both"),
        (lambda p, n: expr.water_value(p, STAGE, 77, *n), "no storage of plant 77"),
    ],
)
def test_what_does_not_fit_is_refused_at_once(
    policy: cobre.Policy, names: list[str], make: Callable[[cobre.Policy, list[str]], pl.Expr], said: str
) -> None:
    with pytest.raises(cobre.ArgumentError, match=said):
        make(policy, names)


@pytest.mark.parametrize("wrong", ["policy", None, 7])
def test_what_is_no_policy_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError):
        expr.future_cost(wrong, STAGE, "a")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (lambda n: [pl.lit(math.nan), *n[1:]], "finite"),
        (lambda n: [pl.lit(math.inf), *n[1:]], "finite"),
        (lambda n: [pl.lit("a text"), *n[1:]], "a number expected"),
        (lambda n: [pl.concat_list(n[1:])], "7 components found"),
        (lambda n: [pl.struct(n[1:])], "lacks components"),
        (lambda n: [pl.struct(*n, level=pl.lit(1.0))], "has no `level`"),
        (lambda n: [n[0]], "1 components found"),
    ],
)
def test_what_does_not_fit_a_row_is_an_error_of_polars(
    policy: cobre.Policy,
    states: pl.DataFrame,
    names: list[str],
    columns: Callable[[list[str]], list[object]],
    said: str,
) -> None:
    with pytest.raises(pl.exceptions.PolarsError, match=said):
        states.select(expr.future_cost(policy, STAGE, *columns(names)))  # type: ignore[arg-type]


def test_a_stage_of_a_row_that_is_none_is_an_error(
    policy: cobre.Policy, states: pl.DataFrame, names: list[str]
) -> None:
    with pytest.raises(pl.exceptions.PolarsError, match="no stage 99"):
        states.select(expr.future_cost(policy, pl.lit(99), *names))
    with pytest.raises(pl.exceptions.PolarsError, match="a whole number"):
        states.select(expr.future_cost(policy, pl.lit(1.5), *names))


@pytest.fixture
def held(policy: cobre.Policy) -> Iterator[cobre.Policy]:
    yield policy
    expr.release(policy)


def test_a_policy_lives_until_it_is_released(root: Path, names: list[str]) -> None:
    states = pl.DataFrame({name: [0.0, 50.0] for name in names})
    policy = cobre.open(root).policy()
    expression = expr.future_cost(policy, STAGE, *names)
    expected = states.select(expression)
    del policy
    assert states.select(expression).equals(expected), "nobody else holds the policy"
    again = cobre.open(root).policy()
    assert expr.release(again)
    assert not expr.release(again)
    with pytest.raises(pl.exceptions.ComputeError, match=r"no policy .* is held by this process"):
        states.select(expression)
    expr.future_cost(again, STAGE, *names)
    assert states.select(expression).equals(expected), "equal policies are one"


def test_a_plan_for_another_process_needs_its_policy_there(
    held: cobre.Policy, root: Path, names: list[str], tmp_path: Path
) -> None:
    states = pl.DataFrame({name: [0.0, 50.0] for name in names})
    lazy = states.lazy().select(expr.future_cost(held, STAGE, *names))
    plan = tmp_path / "plan"
    plan.write_bytes(pickle.dumps(lazy))
    program = f"""
import pickle, sys
import polars as pl
import cobre
lazy = pickle.loads(open({str(plan)!r}, "rb").read())
try:
    lazy.collect()
except pl.exceptions.ComputeError as error:
    assert "made in another process" in str(error), error
    policy = cobre.open({str(root)!r}).policy()
    cobre.expr.future_cost(policy, {STAGE}, *policy.components)
    print(lazy.collect().to_series().to_list())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == str(lazy.collect().to_series().to_list()), done.stderr
