"""The exceptions, and the number of threads."""

from __future__ import annotations

import pickle

import pytest

import cobre


def test_threads_are_set_and_given_back() -> None:
    before = cobre.get_threads()
    assert before >= 1
    cobre.set_threads(3)
    assert cobre.get_threads() == 3
    cobre.set_threads(None)
    assert cobre.get_threads() == before


def test_no_thread_at_all_is_an_argument_error() -> None:
    with pytest.raises(cobre.ArgumentError, match="at least 1 thread") as caught:
        cobre.set_threads(0)
    error = caught.value
    assert (error.kind, error.context, error.suggestion) == ("argument", {"argument": "n"}, None)
    assert isinstance(error, ValueError)
    assert isinstance(error, cobre.CobreError)


@pytest.mark.parametrize("wrong", ["2", 1.5, -1])
def test_threads_are_whole_numbers(wrong: object) -> None:
    with pytest.raises((TypeError, OverflowError)):
        cobre.set_threads(wrong)  # type: ignore[arg-type]


def test_an_error_survives_pickling() -> None:
    error = cobre.SolverError(
        "no solution", kind="solver_failure", context={"stage_id": 3, "opening": 1, "iteration": 2, "dump": "Minimize"}
    )
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is cobre.SolverError
    assert (again.stage_id, again.opening, again.iteration, again.dump) == (3, 1, 2, "Minimize")
    assert str(again) == "no solution"
