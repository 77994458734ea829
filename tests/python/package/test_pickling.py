"""What another process gets."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from pathlib import Path

import polars as pl
import pytest

import cobre
from studies import SMALL


def test_a_table_is_pickled_by_content(outputs: cobre.Outputs) -> None:
    table = outputs["hydros"]
    copied = pickle.loads(pickle.dumps(table))
    assert isinstance(copied, cobre.Table)
    assert copied.to_polars().equals(table.to_polars())
    assert (copied.name, copied.n_chunks, copied.columns) == (table.name, table.n_chunks, table.columns)
    assert copied.schema == table.schema
    assert copied._addresses("hydro_id") != table._addresses("hydro_id")


def test_tables_with_nulls_texts_and_no_rows_are_pickled() -> None:
    for frame in [
        pl.DataFrame({"name": ["a", None, "a text that is longer"], "x": [None, 2.0, 3.0]}),
        pl.DataFrame(schema={"name": pl.String, "x": pl.Float64}),
    ]:
        assert pickle.loads(pickle.dumps(cobre.Table(frame))).to_polars().equals(frame)


def test_a_damaged_pickle_is_refused() -> None:
    with pytest.raises(cobre.ArgumentError, match="no pickled table"):
        cobre._cobre.tables._table_from_ipc("x", b"nonsense")


def test_outputs_are_pickled_by_location_and_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root.parent)
    outputs = cobre.open(root.name, storage_options={"aws_region": "nowhere"})
    pickled = pickle.dumps(outputs)
    monkeypatch.chdir("/")
    again = pickle.loads(pickled)
    assert (again.run, again.names) == (outputs.run, outputs.names)
    assert Path(again.url) == root
    assert copy.copy(outputs).url == str(root)
    outputs.close()
    with pytest.raises(cobre.ClosedError):
        pickle.dumps(outputs)


def count_rows(outputs: cobre.Outputs, table: cobre.Table) -> tuple[int, int]:
    return len(outputs["hydros"]), len(table)


def test_another_process_reads_them(outputs: cobre.Outputs) -> None:
    table = outputs["hydros"]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(count_rows, (outputs, table)) == (len(table), len(table))


def same_result(copied: cobre.TrainingResult, result: cobre.TrainingResult) -> bool:
    assert copied.policy == result.policy
    assert (copied.reason, copied.stopped, copied.iterations) == (result.reason, result.stopped, result.iterations)
    assert (copied.lower_bound, copied.upper_bound) == (result.lower_bound, result.upper_bound)
    assert (copied.gap_percent, copied.seconds) == (result.gap_percent, result.seconds)
    assert copied.names == result.names
    return all(copied[name].to_polars().equals(result[name].to_polars()) for name in result.names)


def test_results_in_memory_are_pickled_by_content(
    case: cobre.Case, trained: cobre.TrainingResult, simulated: cobre.SimulationResult
) -> None:
    copied = pickle.loads(pickle.dumps(trained))
    assert isinstance(copied, cobre.TrainingResult)
    assert same_result(copied, trained)
    # What was pickled is pickled again, and outlives what it came from.
    again = pickle.loads(pickle.dumps(copied))
    outputs = again.output
    assert outputs is not None
    del copied, again
    assert outputs["convergence"].to_polars().equals(trained.convergence.to_polars())
    costs = pickle.loads(pickle.dumps(simulated))
    assert (costs.n_scenarios, costs.mean_cost, costs.std_cost) == (
        simulated.n_scenarios,
        simulated.mean_cost,
        simulated.std_cost,
    )
    assert costs.costs.tolist() == simulated.costs.tolist()
    assert costs.stopped == simulated.stopped
    for name in simulated.names:
        assert costs[name].to_polars().equals(simulated[name].to_polars()), name
    # A policy that was pickled with its result goes on as it would have.
    assert cobre.simulate(case, pickle.loads(pickle.dumps(trained)), SMALL).mean_cost == simulated.mean_cost


def test_results_in_a_run_are_pickled_by_location(case: cobre.Case, tmp_path: Path) -> None:
    trained = cobre.train(case, SMALL, output=tmp_path / "root")
    content = pickle.dumps(trained)
    assert len(content) < 2000
    assert same_result(pickle.loads(content), trained)
    simulated = cobre.simulate(case, trained, SMALL, output=tmp_path / "root")
    copied = pickle.loads(pickle.dumps(simulated))
    assert copied.output is not None
    assert copied.output.url == str(tmp_path / "root")
    assert copied.costs.tolist() == simulated.costs.tolist()
