"""Questions in SQL to runs, cases, results and frames."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

import cobre
from runs import write_run
from studies import SMALL


def test_answers_are_those_of_polars(outputs: cobre.Outputs) -> None:
    found = outputs.sql(
        "SELECT stage_id, avg(storage_final_hm3) AS mean FROM hydros GROUP BY stage_id ORDER BY stage_id"
    )
    mean = pl.col("storage_final_hm3").mean().alias("mean")
    expected = outputs.scan("hydros").group_by("stage_id").agg(mean).sort("stage_id").collect()
    assert_frame_equal(found.to_polars(), expected)
    assert found.name == "query"


def test_views_dictionaries_inputs_and_the_policy_are_there(outputs: cobre.Outputs) -> None:
    for table in ["generation_mix", "entities", "cuts", "study_inputs.hydros"]:
        assert outputs.sql(f"SELECT count(*) AS n FROM {table}")["n"][0] > 0, table
    costs = outputs.sql("SELECT future_cost('study', 0, c) AS c FROM (SELECT make_array(0, 0, 0, 0, 0, 0, 0, 0) AS c)")
    assert costs["c"][0] > 0


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("SELECT $1 + $2 AS answer", [40, 2]),
        ("SELECT $1 + $2 AS answer", (40, 2.0)),
        ("SELECT $a + $b AS answer", {"a": 40, "b": 2}),
        ("SELECT CASE WHEN $1 THEN 42 ELSE 0 END AS answer", [True]),
        ("SELECT coalesce($1, 42) AS answer", [None]),
        ("SELECT length($1) + 40 AS answer", ["ab"]),
    ],
)
def test_parameters_stand_for_values(text: str, parameters: Any) -> None:
    assert cobre.sql(text, parameters)["answer"][0] == 42


def test_parameters_of_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match="a parameter is None, a bool, an int, a float or a str, found list"):
        cobre.sql("SELECT $1", [[1]])
    with pytest.raises(TypeError, match="a list, a tuple or a dict"):
        cobre.sql("SELECT $1", 7)  # type: ignore[arg-type]
    with pytest.raises(OverflowError):
        cobre.sql("SELECT $1", [1 << 70])
    with pytest.raises(cobre.QueryError):
        cobre.sql("SELECT $1 + $2", [1])


def test_several_things_meet_in_a_query(root: Path, outputs: cobre.Outputs, case: cobre.Case, tmp_path: Path) -> None:
    other = write_run(tmp_path, n_scenarios=20)
    found = cobre.sql(
        """
        SELECT h.name, count(*) AS n, (SELECT count(*) FROM dry.hydros) AS n_dry, max(owner) AS owner
        FROM base.hydros r JOIN study.hydros h USING (hydro_id) JOIN owners USING (hydro_id)
        GROUP BY h.name
        """,
        base=outputs,
        dry=str(other),
        study=case,
        owners=pl.DataFrame({"hydro_id": [plant.id for plant in case.hydros][:2], "owner": ["A", "B"]}),
    ).to_polars()
    assert found.height == 2
    assert found["n_dry"].unique().to_list() == [20 * 12 * 4]
    assert cobre.sql("SELECT max(stage_id) AS s FROM hydros", base=root, dry=f"{other}#1")["s"][0] == 11


def test_frames_of_every_library_are_tables() -> None:
    frame = pl.DataFrame({"x": [1, 2, 3], "name": ["a", "b", None]})
    for given in [frame, frame.to_arrow(), frame.to_pandas(), cobre.Table(frame), duckdb.sql("SELECT * FROM frame")]:
        found = cobre.sql("SELECT sum(x) AS total, count(name) AS n FROM mine", mine=given).to_polars()
        assert found.row(0) == (6, 2)
    batches = pa.RecordBatchReader.from_batches(pa.schema({"x": pa.int64()}), [pa.record_batch({"x": [4]})])
    assert cobre.sql("SELECT x FROM mine", mine=batches)["x"][0] == 4
    assert cobre.sql("SELECT x FROM mine", mine=pd.DataFrame({"x": [5]}))["x"][0] == 5


def test_a_frame_stands_beside_the_tables_of_a_run(outputs: cobre.Outputs) -> None:
    owners = pl.DataFrame({"hydro_id": [1], "owner": ["A"]})
    found = outputs.sql("SELECT DISTINCT owner FROM hydros JOIN owners USING (hydro_id)", owners=owners)
    assert list(found["owner"]) == ["A"]
    with pytest.raises(cobre.ArgumentError, match="hydros"):
        outputs.sql("SELECT 1", hydros=owners)


def test_a_wrong_query_is_a_query_error(outputs: cobre.Outputs) -> None:
    for text in ["SELEC 1", "SELECT * FROM reservoirs", "SELECT level FROM hydros", "SELECT 1 / 0", "SELECT 'a' + 1"]:
        with pytest.raises(cobre.QueryError) as refused:
            outputs.sql(text)
        assert refused.value.kind == "query"


def test_a_statement_that_changes_something_is_refused(outputs: cobre.Outputs, tmp_path: Path) -> None:
    target = tmp_path / "hydros.csv"
    for text in ["CREATE VIEW v AS SELECT 1", f"COPY hydros TO '{target}'", "INSERT INTO hydros SELECT * FROM hydros"]:
        with pytest.raises(cobre.QueryError):
            outputs.sql(text)
    assert not target.exists()


def test_what_cannot_be_attached_is_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="base: a path, a URL, Outputs"):
        cobre.sql("SELECT 1", base=7)
    with pytest.raises(cobre.ArgumentError, match="lower-case"):
        cobre.sql("SELECT 1", Base=str(root))
    with pytest.raises(cobre.IOError):
        cobre.sql("SELECT 1", base=tmp_path)
    with pytest.raises(cobre.IOError, match="run 7"):
        cobre.sql("SELECT 1", base=f"{root}#7")


def test_memory_is_limited_where_it_is_asked_for(outputs: cobre.Outputs) -> None:
    text = "SELECT a.scenario_id, count(*) AS n FROM hydros a JOIN hydros b USING (stage_id) GROUP BY a.scenario_id"
    with pytest.raises(cobre.QueryError, match=r"(?i)resources|memory"):
        outputs.sql(text, memory_limit=10_000)
    with pytest.raises(cobre.ArgumentError, match="memory_limit"):
        outputs.sql("SELECT 1", memory_limit=0)
    assert outputs.sql("SELECT 1 AS x", memory_limit=100 << 20)["x"][0] == 1


def test_queries_run_side_by_side(outputs: cobre.Outputs) -> None:
    answers: list[int] = []

    def ask(stage: int) -> None:
        answers.append(int(outputs.sql("SELECT count(*) AS n FROM hydros WHERE stage_id = $1", [stage])["n"][0]))

    threads = [threading.Thread(target=ask, args=(stage,)) for stage in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [160 * 4] * 8


ENDLESS = """
import cobre, sys
print("ready", flush=True)
try:
    cobre.sql("SELECT count(*) FROM generate_series(1, 100000) a(x), generate_series(1, 100000) b(y), "
              "generate_series(1, 100000) c(z) WHERE x * y = z")
except KeyboardInterrupt:
    print(cobre.sql("SELECT 42 AS x")["x"][0])
"""


def test_ctrl_c_stops_a_query() -> None:
    with subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == "ready\n"
        time.sleep(1.0)
        asking.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert asking.stdout.readline() == "42\n", "the process lives on"
        assert time.monotonic() - began < 10
        assert asking.wait(20) == 0


def test_results_in_memory_are_asked_as_runs(
    trained: cobre.TrainingResult, simulated: cobre.SimulationResult, case: cobre.Case
) -> None:
    assert simulated.sql("SELECT count(DISTINCT scenario_id) AS n FROM hydros")["n"][0] == simulated.n_scenarios
    assert simulated.sql("SELECT count(*) AS n FROM generation_mix")["n"][0] > 0
    assert trained.sql("SELECT max(iteration) AS n FROM convergence WHERE iteration < $1", [99])["n"][0] == 2
    assert trained.sql("SELECT count(*) AS n FROM cuts_wide")["n"][0] == len(trained.policy.cuts_table())
    zeros = "[0, 0, 0, 0, 0, 0, 0, 0]"
    answer = cobre.sql(f"SELECT future_cost('run', 0, {zeros}) AS cost", run=trained)["cost"][0]
    assert answer == trained.policy.evaluate(np.zeros(8), stage=0)
    text = "SELECT (SELECT count(*) FROM a.hydros) AS n, (SELECT max(iteration) FROM b.convergence) AS i"
    found = cobre.sql(text, a=simulated, b=trained).to_polars()
    assert found.row(0) == (simulated.n_scenarios * len(case.hydros) * case.n_stages, 2)


def test_results_in_a_run_answer_for_all_of_it(case: cobre.Case, tmp_path: Path) -> None:
    trained = cobre.train(case, SMALL, output=tmp_path)
    assert trained.sql("SELECT count(*) AS n FROM cuts")["n"][0] > 0
    assert cobre.sql("SELECT count(*) AS n FROM convergence", run=trained)["n"][0] == 2


def test_results_in_memory_share_their_memory(simulated: cobre.SimulationResult) -> None:
    table = simulated["hydros"]
    assert simulated["simulation/hydros"]._addresses("storage_final_hm3") == table._addresses("storage_final_hm3")
    lazy = simulated.scan("hydros").collect()
    views = [chunk.to_numpy(allow_copy=False) for chunk in lazy["storage_final_hm3"].get_chunks()]
    assert [view.__array_interface__["data"][0] for view in views] == table._addresses("storage_final_hm3")


def test_a_root_in_the_memory_of_the_process_is_read(case: cobre.Case) -> None:
    trained = cobre.train(case, SMALL, output="memory://sql/base")
    outputs = cobre.open("memory://sql/base")
    assert len(outputs["convergence"]) == 2
    assert outputs.scan("convergence").collect().equals(outputs["convergence"].to_polars())
    assert outputs.sql("SELECT count(*) AS n FROM convergence")["n"][0] == 2
    assert outputs.policy() == trained.policy
    with pytest.raises(cobre.ArgumentError, match="lives in this process only"):
        pickle.dumps(outputs)
