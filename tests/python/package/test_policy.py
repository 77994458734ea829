"""Policies as data."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import cobre
from studies import iterations

Array = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def policy(case: cobre.Case) -> cobre.Policy:
    return cobre.train(case, iterations(6)).policy


@pytest.fixture(scope="module")
def states(policy: cobre.Policy) -> Array:
    """States between empty and twice the first one."""
    factors = np.random.default_rng(7).uniform(0.0, 2.0, size=(300, len(policy.components)))
    return np.asarray(factors * policy.initial_state)


def heights(policy: cobre.Policy, states: Array, stage: int | None = None) -> Array:
    """Values of all active cuts at all states."""
    cuts = policy.cuts(stage)
    values = cuts["intercepts"] + states @ cuts["coefficients"].T
    return np.where(cuts["is_active"], values, -np.inf)


def test_a_policy_is_worth_its_highest_cut(policy: cobre.Policy, states: Array) -> None:
    for stage in (policy.stage_ids[0], policy.stage_ids[5]):
        values = heights(policy, states, stage)
        found = policy.evaluate(states, stage)
        np.testing.assert_allclose(found, np.maximum(values.max(axis=1), 0.0), rtol=1e-12)
        ids = policy.binding_cut(states, stage)
        np.testing.assert_allclose(values[np.arange(len(states)), ids], values.max(axis=1), rtol=1e-12)
        slopes = policy.cuts(stage)["coefficients"][ids]
        np.testing.assert_array_equal(policy.gradient(states, stage), slopes)
        for component in policy.state_components:
            if component["kind"] == "storage":
                values = policy.water_value(states, component["entity_id"], stage)
                np.testing.assert_array_equal(values, slopes[:, component["index"]])


def test_the_last_stage_has_no_future(policy: cobre.Policy, states: Array) -> None:
    last = policy.stage_ids[-1]
    assert len(policy.cuts(last)["ids"]) == 0
    assert (policy.evaluate(states, last) == 0.0).all()
    assert (policy.binding_cut(states, last) == -1).all()
    assert (policy.gradient(states, last) == 0.0).all()
    assert policy.binding_cut(states[0], last) is None


def test_all_forms_of_states_give_the_same_bits(policy: cobre.Policy, states: Array) -> None:
    names = policy.components
    expected = policy.evaluate(states)
    columns = {name: states[:, j] for j, name in enumerate(names)}
    frame = pl.DataFrame({"scenario_id": np.arange(len(states)), **columns})
    forms: list[Any] = [
        np.asfortranarray(states),
        np.repeat(states, 2, axis=0)[::2],
        states.tolist(),
        columns,
        frame,
        frame.select(reversed(frame.columns)),
        pl.concat([frame[:100], frame[100:]], rechunk=False),
        frame.to_arrow(),
        frame.to_arrow().combine_chunks().to_batches()[0],
        pd.DataFrame(columns),
        cobre.Table(frame),
    ]
    for form in forms:
        np.testing.assert_array_equal(policy.evaluate(form), expected)
    for state, value in zip(states[:5], expected[:5]):
        singles: list[Any] = [state, state.tolist(), tuple(state), dict(zip(names, state)), pl.Series(state)]
        for single in singles:
            found = policy.evaluate(single)
            assert isinstance(found, float)
            assert found == value
    repeated = {name: states[0, 0] if j == 0 else states[:, j] for j, name in enumerate(names)}
    at_one_storage = states.copy()
    at_one_storage[:, 0] = states[0, 0]
    np.testing.assert_array_equal(policy.evaluate(repeated), policy.evaluate(at_one_storage))
    whole = np.round(states)
    np.testing.assert_array_equal(policy.evaluate(whole.astype(np.int32)), policy.evaluate(whole))
    assert policy.evaluate(states[:0]).shape == (0,)


def test_threads_do_not_change_bits(policy: cobre.Policy, states: Array) -> None:
    many = np.tile(states, (200, 1))
    before = cobre.get_threads()
    try:
        found = []
        for threads in (1, 2, 5):
            cobre.set_threads(threads)
            found.append((policy.evaluate(many), policy.evaluate(np.asfortranarray(many)), policy.gradient(many)))
    finally:
        cobre.set_threads(before)
    for others in found[1:]:
        for other, first in zip(others, found[0]):
            np.testing.assert_array_equal(other, first)


def test_states_are_not_copied_in_the_process_of_evaluation(policy: cobre.Policy, states: Array) -> None:
    locked = states.copy()
    locked.flags.writeable = False
    np.testing.assert_array_equal(policy.evaluate(locked), policy.evaluate(states))


def test_wrong_shapes_name_what_is_expected(policy: cobre.Policy, states: Array) -> None:
    n, first = len(policy.components), policy.components[0]
    for wrong in (states[0, :-1], states[:, :-1], states[None], np.float64(3.0)):
        with pytest.raises(cobre.ArgumentError, match=first) as caught:
            policy.evaluate(wrong)
        assert caught.value.context["expected_components"] == n


def test_names_that_do_not_fit_are_told(policy: cobre.Policy, states: Array) -> None:
    whole: dict[str, Any] = dict(zip(policy.components, states[0]))
    last = policy.components[-1]
    lacking = {name: value for name, value in whole.items() if name != last}
    with pytest.raises(cobre.ArgumentError, match=f"lacks the components {last}"):
        policy.evaluate(lacking)
    with pytest.raises(cobre.ArgumentError, match=f"lacks the components {last}"):
        policy.evaluate(pl.DataFrame(lacking))
    with pytest.raises(cobre.ArgumentError, match="no component `storage_77`"):
        policy.evaluate({**whole, "storage_77": 1.0})
    with pytest.raises(cobre.ArgumentError, match="2 values where another component has 3"):
        policy.evaluate({**whole, policy.components[0]: [1.0, 2.0, 3.0], last: [1.0, 2.0]})
    with pytest.raises(cobre.ArgumentError, match="shape"):
        policy.evaluate({**whole, last: [[1.0]]})


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_state_is_finite(policy: cobre.Policy, states: Array, wrong: float) -> None:
    name = policy.components[1]
    for form in (np.asarray, np.asfortranarray):
        broken = form(states).copy(order="K")
        broken[17, 1] = wrong
        with pytest.raises(cobre.ArgumentError, match=f"`{name}` of state 17 is"):
            policy.evaluate(broken)
    with pytest.raises(cobre.ArgumentError, match="finite"):
        policy.compare(policy, states=[[wrong] * len(policy.components)])


def test_a_frame_has_numbers_and_no_nulls(policy: cobre.Policy, states: Array) -> None:
    frame = pl.DataFrame({name: states[:, j] for j, name in enumerate(policy.components)})
    first = policy.components[0]
    with pytest.raises(cobre.ArgumentError, match=f"`{first}` has nulls"):
        policy.evaluate(frame.with_columns(pl.when(pl.col(first) > 0.0).then(None).otherwise(0.0).alias(first)))
    with pytest.raises(cobre.ArgumentError, match=f"`{first}` is of type"):
        policy.evaluate(frame.with_columns(pl.lit("full").alias(first)))


@pytest.mark.parametrize("wrong", [["full", "empty", "full", "empty"], [None] * 4, object(), b"full", [True] * 4])
def test_what_is_no_number_is_a_type_error(policy: cobre.Policy, wrong: object) -> None:
    with pytest.raises(TypeError):
        policy.evaluate(wrong)


def test_unknown_stages_and_plants_are_named(policy: cobre.Policy) -> None:
    state = policy.initial_state
    with pytest.raises(cobre.ArgumentError, match="no stage 99") as caught:
        policy.evaluate(state, 99)
    assert caught.value.context["argument"] == "stage"
    with pytest.raises(cobre.ArgumentError, match="no stage 99"):
        policy.cuts(99)
    with pytest.raises(cobre.ArgumentError, match="no storage of plant 99"):
        policy.water_value(state, 99)
    with pytest.raises(TypeError):
        policy.evaluate(state, "first")  # type: ignore[call-overload]


def test_cuts_are_views_that_nobody_can_write(policy: cobre.Policy) -> None:
    one, other = policy.cuts(), policy.cuts()
    n, dimension = len(one["ids"]), len(policy.components)
    assert n > 0
    assert one["coefficients"].shape == (n, dimension)
    for name, array in one.items():
        assert len(array) == n, name
        assert not array.flags.writeable, name
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    for name in ("intercepts", "coefficients", "iteration", "times_binding"):
        assert one[name].__array_interface__["data"] == other[name].__array_interface__["data"], name
    table = policy.cuts_table().to_polars()
    addresses = policy.cuts_table()._addresses("intercept")
    assert addresses[0] == one["intercepts"].__array_interface__["data"][0]
    assert table.height == policy.n_cuts
    first = table.filter(pl.col("stage_id") == policy.stage_ids[0])
    np.testing.assert_array_equal(first["coefficients"].to_numpy(), one["coefficients"])
    arrow = policy.to_arrow()
    assert isinstance(arrow, pa.Table)
    assert arrow.num_rows == policy.n_cuts


def test_cuts_outlive_their_policy(case: cobre.Case) -> None:
    policy = cobre.train(case, iterations(2)).policy
    copied = policy.cuts()["coefficients"].copy()
    coefficients = policy.cuts()["coefficients"]
    del policy
    cobre.train(case, iterations(2))
    np.testing.assert_array_equal(coefficients, copied)


def test_a_policy_says_what_it_is(policy: cobre.Policy, case: cobre.Case) -> None:
    summary = policy.summary()
    assert summary["iterations"] == policy.iterations == 6
    assert summary["lower_bound"] == policy.lower_bounds[-1]
    assert summary["n_cuts"] == policy.n_cuts
    assert [stage["stage_id"] for stage in summary["stages"]] == policy.stage_ids
    assert summary["study_hash"] == policy.study_hash == case.study_hash
    storages = [c for c in policy.state_components if c["kind"] == "storage"]
    assert [c["entity_id"] for c in storages] == [hydro.id for hydro in case.hydros]
    assert {c["unit"] for c in storages} == {"hm3"}
    assert [c["name"] for c in policy.state_components] == policy.components
    assert repr(policy).startswith(f"Policy({policy.n_stages} stages, ")
    assert "<table>" in policy._repr_html_()  # type: ignore[attr-defined]


def test_policies_are_saved_and_loaded(policy: cobre.Policy, states: Array, tmp_path: Path) -> None:
    for place in (tmp_path / "policy", str(tmp_path / "other"), "memory://test-policy/saved"):
        policy.save(place)
        loaded = cobre.Policy.load(place)
        assert loaded == policy
        assert hash(loaded) == hash(policy)
        np.testing.assert_array_equal(loaded.evaluate(states), policy.evaluate(states))
        policy.save(place)


def test_a_saved_policy_is_replaced_where_asked(case: cobre.Case, policy: cobre.Policy, tmp_path: Path) -> None:
    policy.save(tmp_path)
    other = cobre.train(case, iterations(1)).policy
    assert other != policy
    with pytest.raises(cobre.IOError, match="another file") as caught:
        other.save(tmp_path)
    assert "overwrite" in str(caught.value.suggestion)
    assert cobre.Policy.load(tmp_path) == policy
    other.save(tmp_path, overwrite=True)
    assert cobre.Policy.load(tmp_path) == other


def test_a_policy_that_is_not_there_or_damaged_is_an_io_error(policy: cobre.Policy, tmp_path: Path) -> None:
    with pytest.raises(cobre.IOError, match="there is no policy") as caught:
        cobre.Policy.load(tmp_path / "nowhere")
    assert caught.value.kind == "output_not_found"
    policy.save(tmp_path)
    cuts = tmp_path / "cuts" / "0.bin"
    content = bytearray(cuts.read_bytes())
    content[-9] ^= 1
    cuts.write_bytes(content)
    with pytest.raises(cobre.IOError, match="SHA-256"):
        cobre.Policy.load(tmp_path)
    cuts.unlink()
    with pytest.raises(cobre.IOError):
        cobre.Policy.load(tmp_path)


def test_policies_are_pickled_by_content(policy: cobre.Policy, case: cobre.Case) -> None:
    again = pickle.loads(pickle.dumps(policy))
    assert again == policy
    assert again is not policy
    # Bases included: training goes on from it to the bit.
    straight = cobre.train(case, iterations(7)).policy
    assert cobre.train(case, iterations(7), resume_from=again).policy == straight


def test_policies_are_equal_by_content(policy: cobre.Policy, case: cobre.Case) -> None:
    assert cobre.train(case, iterations(6)).policy == policy
    assert policy != cobre.train(case, iterations(5)).policy
    assert policy != "policy"
    assert len({policy, cobre.train(case, iterations(6)).policy}) == 1


def test_two_policies_are_compared(policy: cobre.Policy, case: cobre.Case, states: Array) -> None:
    same = policy.compare(policy, states)
    assert same.max_relative_difference == 0.0
    other = cobre.train(case, iterations(2)).policy
    comparison = policy.compare(other, states)
    assert comparison.max_relative_difference > 0.0
    assert comparison.iterations == (6, 2)
    assert comparison.n_cuts == (policy.n_cuts, other.n_cuts)
    stage = comparison.stages[0]
    assert stage["n_states"] == len(states) + 1
    assert stage["initial_value"] == [p.evaluate(policy.initial_state) for p in (policy, other)]
    assert comparison.to_dict()["components"]["only_in_policy"] == []
    assert "lower bound ($)" in str(comparison)
    assert repr(comparison).startswith(f"PolicyComparison({policy.n_stages} stages")
    assert comparison._repr_html_().startswith("<pre>")  # type: ignore[attr-defined]
    assert comparison.lower_bounds == (policy.lower_bounds[-1], other.lower_bounds[-1])
    with pytest.raises(TypeError):
        policy.compare("other")  # type: ignore[arg-type]
