"""The exceptions, and the number of threads."""

from __future__ import annotations

import pickle

import pytest

import cobre
from cobre._cobre import testing


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


EXPECTED = {
    "CaseError::Invalid": (cobre.ValidationError, "invalid_case"),
    "CaseError::Io": (cobre.IOError, "case_not_readable"),
    "CaseError::Write": (cobre.IOError, "case_not_written"),
    "CaseError::Edit": (cobre.ArgumentError, "case_edit"),
    "OutputError::IoError": (cobre.IOError, "io"),
    "OutputError::SerializationError": (cobre.IOError, "output_corrupted"),
    "OutputError::SchemaError": (cobre.IOError, "schema_mismatch"),
    "OutputError::ManifestError": (cobre.IOError, "output_not_found"),
    "EngineError::Options policy": (cobre.PolicyError, "policy_mismatch"),
    "EngineError::Options": (cobre.ArgumentError, "option"),
    "EngineError::Threads": (cobre.CobreError, "threads"),
    "EngineError::OtherRank": (cobre.CobreError, "other_rank"),
    "EngineError::Communication": (cobre.CobreError, "communication"),
    "RunError::Engine": (cobre.ArgumentError, "option"),
    "RunError::Output": (cobre.IOError, "output_not_found"),
    "RunError::Refused": (cobre.ArgumentError, "refused"),
    "RunError::OtherRank": (cobre.CobreError, "other_rank"),
    "SqlError::Attachment": (cobre.ArgumentError, "attachment"),
    "SqlError::Output": (cobre.IOError, "schema_mismatch"),
    "SqlError::Case": (cobre.IOError, "case_not_readable"),
    "SqlError::Answer": (cobre.IOError, "query_io"),
    "Failure::threads": (cobre.CobreError, "threads"),
    "Failure::of_arrow": (cobre.InternalError, "panic"),
    "Failure::unsupported": (cobre.ArgumentError, "unsupported"),
}
"""Class and kind of every error."""


def test_every_error_of_the_program_is_of_one_class() -> None:
    errors = dict(testing.errors())
    assert set(errors) == set(EXPECTED)
    for name, error in errors.items():
        assert isinstance(error, cobre.CobreError)
        assert (type(error), error.kind) == EXPECTED[name], name
        assert error.message, name
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.context) == (type(error), str(error), error.context)


def test_facts_and_next_actions_are_apart_from_the_message() -> None:
    errors = dict(testing.errors())
    for name in ["OutputError::SchemaError", "RunError::Refused", "CaseError::Edit"]:
        error = errors[name]
        assert isinstance(error, cobre.CobreError)
        assert error.suggestion == "make it fit"
        assert "hint" not in error.message
    io_error = errors["OutputError::IoError"]
    assert isinstance(io_error, cobre.IOError)
    assert str(io_error.path) == "/study/file"
