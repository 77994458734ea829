"""Training in memory and into runs."""

from __future__ import annotations

import json
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import cobre
from studies import LONG, SMALL, iterations


def rows(table: cobre.Table) -> pl.DataFrame:
    """A table without the columns that no two trainings have in common: times."""
    frame = table.to_polars()
    return frame.drop([name for name in frame.columns if name.endswith(("_ms", "_seconds", "_s"))])


def test_the_lower_bound_grows(case: cobre.Case) -> None:
    result = cobre.train(case, iterations(12))
    bounds = result.convergence["lower_bound"]
    assert len(bounds) == result.iterations == 12
    assert (np.diff(bounds) >= 0.0).all()
    assert result.lower_bound == bounds[-1] == result.policy.lower_bounds[-1]
    mean, std = result.upper_bound
    assert std is not None
    assert std > 0.0
    assert result.gap_percent == pytest.approx(100.0 * (mean - result.lower_bound) / result.lower_bound)
    assert (result.reason, result.stopped, result.output) == ("iteration_limit", False, None)
    assert result.seconds > 0.0


def test_results_do_not_depend_on_threads(case: cobre.Case, trained: cobre.TrainingResult) -> None:
    for threads in (1, 3):
        again = cobre.train(case, SMALL, threads=threads)
        assert again.policy == trained.policy
        assert_frame_equal(rows(again.convergence), rows(trained.convergence))


def test_ten_trainings_at_once_give_the_bits_of_one(case: cobre.Case, trained: cobre.TrainingResult) -> None:
    start = threading.Barrier(10)

    def train(_: int) -> str:
        start.wait()
        return cobre.train(case, SMALL, threads=1).policy.content_hash

    with ThreadPoolExecutor(10) as threads:
        hashes = set(threads.map(train, range(10)))
    assert hashes == {trained.policy.content_hash}


def test_a_run_has_the_results_that_memory_has(case: cobre.Case, trained: cobre.TrainingResult, tmp_path: Path) -> None:
    stored = cobre.train(case, SMALL, output=tmp_path / "stored")
    assert stored.output is not None
    assert stored.policy == trained.policy
    assert stored.names == trained.names
    assert (stored.lower_bound, stored.upper_bound) == (trained.lower_bound, trained.upper_bound)
    assert (stored.gap_percent, stored.reason) == (trained.gap_percent, trained.reason)
    written = trained.write(tmp_path / "written")
    assert cobre.Policy.load(tmp_path / "written") == trained.policy
    for name in trained.names:
        assert_frame_equal(rows(stored[name]), rows(trained[name]))
        assert_frame_equal(
            stored.scan(name).drop(set(stored[name].columns) - set(rows(stored[name]).columns)).collect(),
            rows(trained[name]),
        )
        assert_frame_equal(rows(written[name]), rows(trained[name]))


def test_training_goes_on_as_if_it_had_never_stopped(case: cobre.Case) -> None:
    straight = cobre.train(case, iterations(5))
    begun = cobre.train(case, iterations(2))
    result = cobre.train(case, iterations(5), resume_from=begun)
    assert result.policy == straight.policy
    for name in straight.names:
        assert_frame_equal(rows(result[name]), rows(straight[name]))
    # A policy has all it takes, but for the tables of before.
    from_policy = cobre.train(case, iterations(5), resume_from=begun.policy)
    assert from_policy.policy == straight.policy
    assert from_policy.convergence["iteration"].tolist() == [3, 4, 5]


def test_training_that_has_nothing_left_to_do_ends_at_once(case: cobre.Case, trained: cobre.TrainingResult) -> None:
    again = cobre.train(case, SMALL, resume_from=trained)
    assert again.policy == trained.policy
    assert again.convergence["iteration"].tolist() == [1, 2]


def test_a_run_goes_on_where_it_ended(case: cobre.Case, tmp_path: Path) -> None:
    straight = cobre.train(case, iterations(4))
    begun = cobre.train(case, iterations(2), output=tmp_path)
    result = cobre.train(case, iterations(4), output=tmp_path, resume=True)
    assert result.policy == straight.policy
    assert begun.output is not None
    assert result.output is not None
    assert (begun.output.run, result.output.run) == (1, 2)
    assert_frame_equal(rows(result.convergence), rows(straight.convergence))


def test_a_policy_gives_training_a_warm_start(case: cobre.Case, trained: cobre.TrainingResult, tmp_path: Path) -> None:
    in_memory = cobre.train(case, iterations(1), policy=trained)
    stored = cobre.train(case, iterations(1), policy=trained.policy, output=tmp_path)
    assert in_memory.lower_bound >= trained.lower_bound
    assert in_memory.iterations == 1
    assert in_memory.policy == stored.policy
    given = in_memory.policy.cuts()["iteration"] == 0
    assert given.sum() == len(trained.policy.cuts()["ids"])


def test_the_policy_of_another_system_is_refused(
    case: cobre.Case, toy: cobre.Case, trained: cobre.TrainingResult, tmp_path: Path
) -> None:
    with pytest.raises(cobre.PolicyError, match="stages") as caught:
        cobre.train(toy, SMALL, policy=trained)
    assert caught.value.kind == "policy_mismatch"
    with pytest.raises(cobre.PolicyError):
        cobre.train(toy, SMALL, policy=trained, output=tmp_path / "new")
    assert not (tmp_path / "new").exists()
    with pytest.raises(cobre.PolicyError, match="has changed since") as caught:
        cobre.train(case, {"training": {"tree_seed": 5}}, resume_from=trained)
    assert "policy=" in str(caught.value.suggestion)


def test_the_solver_can_be_chosen(case: cobre.Case, trained: cobre.TrainingResult, tmp_path: Path) -> None:
    # Where a dual solution is not unique, cuts differ.
    other = cobre.train(case, SMALL, solver="highs", output=tmp_path)
    assert other.lower_bound == pytest.approx(trained.lower_bound, rel=0.05)
    assert other.output is not None
    assert other.output.manifest["solver_name"] == "highs"


def test_changes_of_the_configuration_are_checked_as_the_file_is(case: cobre.Case) -> None:
    with pytest.raises(cobre.ValidationError) as caught:
        cobre.train(case, {"training": {"stopping_rules": [{"type": "patience"}]}, "traning": {}})
    codes = {finding["file"] for finding in caught.value.findings}
    assert codes == {"config.json"}
    assert len(caught.value.findings) >= 2


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"threads": 0}, "threads"),
        ({"solver": "simplex"}, "solver"),
        ({"resume": True}, "resume"),
        ({"run": 3}, "run"),
        ({"config_overrides": {"training": {"enabled": False}}}, "case"),
    ],
)
def test_arguments_that_do_not_fit_are_named(case: cobre.Case, options: dict[str, Any], argument: str) -> None:
    with pytest.raises(cobre.ArgumentError) as caught:
        cobre.train(case, **options)
    assert caught.value.context["argument"] == argument


def test_a_start_is_one_or_the_other(case: cobre.Case, trained: cobre.TrainingResult, tmp_path: Path) -> None:
    with pytest.raises(cobre.ArgumentError, match="not both"):
        cobre.train(case, policy=trained, resume_from=trained)
    with pytest.raises(cobre.ArgumentError, match="in memory"):
        cobre.train(case, resume_from=trained, output=tmp_path)
    with pytest.raises(cobre.ArgumentError, match="no run"):
        cobre.train(case, output=tmp_path / "empty", resume=True)


@pytest.mark.parametrize(
    "options",
    [{"case": "datasets/toy"}, {"policy": 3}, {"threads": "2"}, {"progress": 1.5}, {"stop": True}, {"output": 7}],
)
def test_wrong_types_are_type_errors(case: cobre.Case, options: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        cobre.train(**{"case": case, **options})


def test_a_request_stops_training_in_order(case: cobre.Case, tmp_path: Path) -> None:
    for output in (None, tmp_path):
        stop = cobre.StopRequest()

        def hear(event: dict[str, Any], stop: cobre.StopRequest = stop) -> None:
            if event.get("iteration") == 2:
                stop.request()

        assert repr(stop) == "StopRequest()"
        result = cobre.train(case, LONG, stop=stop, progress=hear, output=output)
        assert repr(stop) == "StopRequest(requested)"
        assert (result.reason, result.stopped) == ("requested", True)
        assert 2 <= result.iterations < 50
        straight = cobre.train(case, iterations(result.iterations + 1))
        more = iterations(result.iterations + 1)
        if output is None:
            went_on = cobre.train(case, more, resume_from=result)
        else:
            went_on = cobre.train(case, more, output=output, resume=True)
        assert went_on.policy == straight.policy


def test_an_unreachable_output_is_an_io_error(case: cobre.Case, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(cobre.IOError) as caught:
        cobre.train(case, SMALL, output=tmp_path / "file" / "root")
    assert str(tmp_path) in str(caught.value.path)


def test_a_panic_is_an_error_of_the_program() -> None:
    from cobre._cobre import testing

    with pytest.raises(cobre.InternalError, match="a test wants it") as caught:
        testing.panic()
    assert caught.value.kind == "panic"
    assert isinstance(caught.value, cobre.CobreError)
    with pytest.raises(cobre.InternalError, match="a test wants it"):
        testing.panic_in_query()
    assert cobre.sql("SELECT 1 AS x")["x"][0] == 1


def test_unknown_tables_are_named(trained: cobre.TrainingResult) -> None:
    with pytest.raises(cobre.ArgumentError, match="training/convergence"):
        trained["hydros"]


def test_results_say_what_they_are(trained: cobre.TrainingResult) -> None:
    assert repr(trained).startswith("TrainingResult(2 iterations, lower bound ")
    assert "<caption>training</caption>" in trained._repr_html_()  # type: ignore[attr-defined]


def test_a_problem_without_a_solution_is_told_with_its_place(case: cobre.Case) -> None:
    files = case.files
    hydros = json.loads(files["system/hydros.json"])
    for hydro in hydros["hydros"]:
        hydro["reservoir"]["min_storage_hm3"] = hydro["reservoir"]["max_storage_hm3"] - 1.0
    initial = json.loads(files["initial_conditions.json"])
    for storage in initial["storage"]:
        storage["value_hm3"] = 50.0
    config = json.loads(files["config.json"])
    config["modeling"]["inflow_non_negativity"]["method"] = "none"
    changed = {"system/hydros.json": hydros, "initial_conditions.json": initial, "config.json": config}
    broken = cobre.Case.from_files({**files, **changed})
    with pytest.raises(cobre.SolverError, match="infeasible: stage 0") as caught:
        cobre.train(broken, SMALL)
    error = caught.value
    assert (error.kind, error.stage_id, error.iteration) == ("solver_failure", 0, 1)
    assert error.opening >= 0
    assert error.suggestion is not None
    assert "hard limits cannot be met together" in error.suggestion
    assert "subject to" in error.dump.lower()
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
