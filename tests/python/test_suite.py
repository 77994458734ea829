"""Checks the pure parts of the benchmark suite: figures, verdicts, the page, and how a program is measured."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from suite import data_text
from suite_cases import (
    CASES,
    ask_for_openings,
    chosen,
    copy_case,
    draws_openings,
    find_case,
    give_openings,
    n_stages,
)
from suite_figures import (
    Measured,
    add_time_to_bound,
    cumulated,
    curve,
    estimate_seconds,
    groups,
    measured,
    overhead_seconds,
    spread,
)
from suite_goals import Goal, Scaling, goals
from suite_report import Machine, Session, figure, page
from suite_runs import Iteration, Program, RunError, Training, Usage, read_training, run

ROOT = Path(__file__).resolve().parents[2]


def training(solve_seconds: list[float], bound: float = 10.0) -> Training:
    """A training with ten solves and four new cuts per iteration."""
    iterations = [
        Iteration(bound + number, 10, 4 * (number + 1), 2 * seconds, seconds)
        for number, seconds in enumerate(solve_seconds)
    ]
    return Training(iterations, simplex_steps=25 * len(iterations), troubles=0)


def result(program: str, us_per_lp: float, case: str = "4ree", **figures: object) -> Measured:
    """A result with a cost per problem, and what else a test needs."""
    found = Measured(case, program, us_per_lp=us_per_lp, training_cpu_seconds=us_per_lp, lower_bound=100.0)
    for name, value in figures.items():
        setattr(found, name, value)
    return found


def goal(found: list[Goal], words: str) -> Goal:
    """The one goal whose text holds `words`."""
    (only,) = [goal for goal in found if words in goal.text]
    return only


def test_cost_leaves_out_what_a_run_of_one_iteration_spends_beside_it() -> None:
    first = training([0.5])
    overhead = overhead_seconds(Usage(1.75, 2.0, 9.0), first)
    assert overhead == pytest.approx(0.75)
    runs = [(Usage(cpu, 5.0, cpu), training([1.0, 3.0])) for cpu in (4.75, 2.75, 90.75)]
    found = measured("c", "p", overhead, runs, n_stages=3)
    assert found.training_cpu_seconds == pytest.approx(4.0)
    assert found.us_per_lp == pytest.approx(1e6 * 4.0 / 20)
    assert found.steps_per_lp == pytest.approx(2.5)
    assert found.cpu_at == pytest.approx([1.0, 4.0])
    assert found.lower_bound == 11.0
    assert found.peak_mb == 4.75


def test_an_estimate_grows_with_the_iterations() -> None:
    assert estimate_seconds(Usage(3.0, 3.0, 1.0), training([1.0]), 10) == pytest.approx(1.0 + 1.5 * 10 * 2.0)


def test_time_is_shared_by_solves_where_tables_hold_none() -> None:
    assert cumulated(training([0.0, 0.0]).iterations, 4.0) == pytest.approx([2.0, 4.0])


@pytest.mark.parametrize("n_items", [0, 1, 2, 5, 12, 13, 256, 2000])
def test_groups_cover_every_iteration_once(n_items: int) -> None:
    found = groups(n_items, 12)
    assert [i for start, end in found for i in range(start, end)] == list(range(n_items))
    assert len(found) <= 12
    assert all(start < end for start, end in found)


def test_a_curve_holds_cuts_per_stage_and_microseconds() -> None:
    trained = training([1.0, 3.0])
    cuts, cost = zip(*curve(trained.iterations, cumulated(trained.iterations, 4.0), n_stages=3))
    assert cuts == pytest.approx([1.0, 3.0])
    assert cost == pytest.approx([1e5, 3e5])


def test_the_bound_to_reach_is_the_least_of_the_last() -> None:
    quick = result("a", 1.0, bounds=[50.0, 99.995, 110.0], cpu_at=[1.0, 2.0, 3.0], lower_bound=110.0)
    slow = result("b", 1.0, bounds=[10.0, 100.0], cpu_at=[7.0, 9.0], lower_bound=100.0)
    left_out = Measured("c", "d", skipped="skipped")
    assert add_time_to_bound([quick, slow, left_out]) == pytest.approx(99.99)
    assert (quick.seconds_to_bound, slow.seconds_to_bound, left_out.seconds_to_bound) == (2.0, 9.0, None)
    assert add_time_to_bound([left_out]) is None


def test_a_negative_bound_is_reached_from_below() -> None:
    found = result("a", 1.0, bounds=[-200.0, -100.005], cpu_at=[1.0, 2.0], lower_bound=-100.0)
    assert add_time_to_bound([found]) == pytest.approx(-100.01)
    assert found.seconds_to_bound == 2.0


def test_bounds_are_compared_by_their_size() -> None:
    assert spread([100.0, 101.0]) == pytest.approx(1 / 101)
    assert spread([-100.0, -101.0]) == pytest.approx(1 / 101)
    assert spread([5.0, 5.0]) == 0.0


def test_verdicts_follow_from_the_figures() -> None:
    results = [
        result("dual_simplex", 3.0, command_cpu_seconds=1.0),
        result("public", 210.0, command_cpu_seconds=40.0, lower_bound=100.02),
        result("highs", 2.0, "plants-40-ar0"),
        result("dual_simplex", 1.0, "plants-40-ar0"),
        Measured("plants-160-ar6", "highs", skipped="skipped"),
        result("dual_simplex", 1.0, "plants-160-ar6"),
    ]
    found = goals(results, [])
    verdicts = {
        "public tool to dual simplex": None,
        "below which it is not done": True,
        "distance of the two lower bounds": False,
        "whole command": True,
        "moonshot, CPU time per problem": False,
        "160 plants, AR(6): CPU time per problem, HiGHS": None,
        "the least ratio of HiGHS": True,
        "two ranks to one": None,
    }
    assert goal(found, "CPU time of the training").met is False
    assert goal(found, "CPU time of the training").found == "70 times"
    assert goal(found, "40 plants: CPU time per problem, HiGHS").met is False
    for words, met in list(verdicts.items())[1:]:
        assert goal(found, words).met is met, words


def test_a_program_slower_than_highs_anywhere_is_a_missed_goal() -> None:
    found = goals([result("dual_simplex", 2.0, "four-reservoirs"), result("highs", 1.0, "four-reservoirs")], [])
    assert goal(found, "the least ratio of HiGHS").met is False


@pytest.mark.parametrize("case", ["4ree", "four-reservoirs-60"])
def test_a_long_training_is_held_to_its_first_iterations(case: str) -> None:
    even = [float(i + 1) for i in range(2000)]
    steep = [float((i + 1) ** 2) for i in range(2000)]
    found = goals([result("dual_simplex", 1.0, f"{case}-long", cpu_at=even)], [])
    assert goal(found, f"`{case}`, 2,000 iterations: time per problem").met is True
    assert goal(found, f"`{case}`, 2,000 iterations: solves").met is True
    missed = goals([result("dual_simplex", 1.0, f"{case}-long", cpu_at=steep, troubles=3)], [])
    assert goal(missed, f"`{case}`, 2,000 iterations: time per problem").met is False
    assert goal(missed, f"`{case}`, 2,000 iterations: solves").met is False


def test_ranks_and_threads_have_to_agree_in_every_byte() -> None:
    def scaling(digests: list[str]) -> list[Scaling]:
        keys = [(1, 1), (1, 2), (2, 1), (2, 2)]
        return [
            Scaling(8, *key, 8.0 / (key[0] * key[1]), 8.0, 100.0, 1.0, digest) for key, digest in zip(keys, digests)
        ]

    assert goal(goals([], scaling(["x"] * 4)), "byte by byte").met is True
    assert goal(goals([], scaling(["x"] * 3)), "byte by byte").met is None
    assert goal(goals([], scaling(["x", "x", "y", "x"])), "byte by byte").met is False
    assert goal(goals([], scaling(["x"] * 4)), "8 trajectories: two threads to one").met is True

    def slower(passes: int) -> list[Scaling]:
        walls = [(1, 1, 8.0), (1, 2, 5.0), (2, 1, 4.0), (2, 2, 4.0)]
        return [Scaling(passes, ranks, threads, wall, 8.0, 100.0, 1.0, "y") for ranks, threads, wall in walls]

    both = goals([], scaling(["x"] * 4) + slower(32))
    assert goal(both, "8 trajectories: two threads to one").met is True
    assert goal(both, "32 trajectories: two threads to one").met is False
    assert goal(both, "8 trajectories: (ranks").met is True, "policies of other trajectories are others"


def test_the_page_says_what_two_cores_can_do_at_most() -> None:
    session = Session(Machine("a CPU", 2, "AVX2", "2026-01-01"), 7, False, 60.0, {})
    session.scaling = [Scaling(8, 1, 1, 4.0, 4.0, 100.0, 1.0, "x"), Scaling(8, 1, 2, 2.2, 4.0, 55.0, 1.0, "x")]
    session.at_once = {8: 5.0, 32: 1.0}
    text = page(session, CASES, [])
    assert "8 trajectories: 5.00 s, so two cores did 1.60 times the work of one" in text
    assert "32 trajectories: 1.00 s" not in text, "without a run of one thread there is nothing to compare with"
    assert json.loads(data_text(session))["at_once"] == {"8": 5.0, "32": 1.0}


def test_the_page_says_what_was_left_out() -> None:
    titles = {"dual_simplex": "cobre with the dual simplex, 0.1.0", "public": "public tool, 0.18.0"}
    session = Session(Machine("a CPU", 2, "AVX2", "2026-01-01"), 7, False, 60.0, titles)
    session.results = [
        result("dual_simplex", 3.0, iterations=256, lp_solves=1000),
        Measured("4ree", "public", skipped="skipped: some 100 s, above the limit of 60 s"),
    ]
    session.targets = {"4ree": 100.0}
    text = page(session, CASES, [("Cost", "cost.svg")])
    assert "| public tool | skipped: some 100 s, above the limit of 60 s |" in text
    assert "| cobre with the dual simplex | 256 | 1,000 | 3.00 | 1.00 |" in text
    assert "![Cost](cost.svg)" in text
    assert "seed 7" in text
    assert "No session is recorded" in page(None, CASES, [])


def test_the_data_of_a_session_is_json() -> None:
    session = Session(Machine("a CPU", 2, "AVX2", "2026-01-01"), 7, False, 60.0, {"highs": "cobre with HiGHS"})
    session.results = [result("highs", 1.0 / 3.0, bounds=[1.0, 2.0])]
    read = json.loads(data_text(session))
    assert read["results"][0]["us_per_lp"] == 0.333333333
    assert read["scaling"] == []
    assert read["machine"]["cores"] == 2


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (0.5, "0.50"), (12.34, "12.3"), (123.4, "123"), (98765.4, "98,765")]
)
def test_figures_have_three_digits(value: float, text: str) -> None:
    assert figure(value) == text


def test_cases_are_chosen_by_name_in_the_order_of_the_suite() -> None:
    assert [case.name for case in chosen(["plants-10-ar0", "four-reservoirs"])] == ["four-reservoirs", "plants-10-ar0"]
    assert chosen([]) == CASES
    with pytest.raises(ValueError, match="no case nowhere"):
        chosen(["nowhere"])


def test_a_generated_case_is_drawn_from_its_seed(tmp_path: Path) -> None:
    (case,) = chosen(["plants-10-ar6"])
    folders = [find_case(case, tmp_path / name, tmp_path, seed) for name, seed in [("a", 3), ("b", 3), ("c", 4)]]
    hydros = [(folder / "system" / "hydros.json").read_bytes() for folder in folders if folder is not None]
    assert hydros[0] == hydros[1] != hydros[2]
    assert folders[0] is not None
    assert n_stages(folders[0]) == 24


def test_a_copy_trains_as_asked_and_does_not_simulate(tmp_path: Path) -> None:
    copied = copy_case(ROOT / "datasets" / "toy", tmp_path / "toy", 17, None)
    config = json.loads((copied / "config.json").read_text())
    assert config["training"]["stopping_rules"] == [{"type": "iteration_limit", "limit": 17}]
    assert config["simulation"] == {"enabled": False}
    assert (copied / "stages.json").read_bytes() == (ROOT / "datasets" / "toy" / "stages.json").read_bytes()


def test_openings_of_one_run_become_those_of_the_case(tmp_path: Path) -> None:
    copied = copy_case(ROOT / "datasets" / "toy", tmp_path / "toy", 1, None)
    before = json.loads((copied / "config.json").read_text())
    assert draws_openings(copied)
    ask_for_openings(copied)
    assert json.loads((copied / "config.json").read_text())["exports"]["stochastic"] is True
    write_table(tmp_path / "output" / "run=1" / "stochastic" / "noise_openings.parquet", stage_id=[0], value=[0.5])
    give_openings(copied, tmp_path / "output")
    after = json.loads((copied / "config.json").read_text())
    assert after["training"]["scenario_source"].pop("openings") == {"source": "file"}
    assert before["training"]["scenario_source"].pop("openings") == {"source": "generated"}
    assert {key: value for key, value in after.items() if value} == before | {"simulation": {"enabled": False}}
    assert not draws_openings(copied)
    openings = pq.ParquetFile(copied / "scenarios" / "noise_openings.parquet")
    assert openings.read().to_pydict() == {"stage_id": [0], "value": [0.5]}
    assert openings.metadata.row_group(0).column(0).compression == "ZSTD"


def write_table(path: Path, **columns: list[float]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


@pytest.mark.parametrize(
    ("convergence", "solver"),
    [
        ("run=10/training/convergence/part-0.parquet", "run=10/training/solver_iterations/part-0.parquet"),
        ("training/convergence.parquet", "training/solver/iterations.parquet"),
    ],
)
def test_tables_of_both_programs_are_read(tmp_path: Path, convergence: str, solver: str) -> None:
    if convergence.startswith("run="):
        (tmp_path / "run=9").mkdir()
    write_table(
        tmp_path / convergence,
        iteration=[1, 2],
        lower_bound=[5.0, 6.0],
        lp_solves=[10, 12],
        cuts_active=[4, 8],
        time_total_ms=[3, 4],
    )
    write_table(
        tmp_path / solver,
        iteration=[1, 1, 2],
        simplex_iterations=[20, 5, 30],
        solve_time_ms=[1.0, 0.5, 2.5],
        lp_retries=[0, 1, 0],
        lp_failures=[0, 0, 0],
    )
    found = read_training(tmp_path)
    assert found.iterations == [Iteration(5.0, 10, 4, 0.003, 0.0015), Iteration(6.0, 12, 8, 0.004, 0.0025)]
    assert (found.lp_solves, found.simplex_steps, found.troubles) == (22, 55, 1)


def python(code: str) -> Program:
    """A program that ignores what it is asked and runs `code`."""
    return Program("python", "Python", (sys.executable, "-I", "-S", "-c", code))


def test_what_a_process_used_is_its_own(tmp_path: Path) -> None:
    held = bytearray(200_000_000)
    small = run(python("pass"), tmp_path, tmp_path, 1, 60.0)
    large = run(python("b = b'x' * 100_000_000"), tmp_path, tmp_path, 1, 60.0)
    busy = run(python("import time\nwhile time.process_time() < 0.3: pass"), tmp_path, tmp_path, 1, 60.0)
    assert len(held) == 200_000_000
    assert small.peak_mb < 60.0
    assert 95.0 < large.peak_mb < 160.0
    assert 0.29 < busy.cpu_seconds < 0.6
    assert busy.wall_seconds >= 0.29


def test_a_run_that_fails_or_takes_too_long_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="ended with exit code 3"):
        run(python("raise SystemExit(3)"), tmp_path, tmp_path, 1, 60.0)
    with pytest.raises(RunError, match="stopped after 1 s"):
        run(python("import time; time.sleep(60)"), tmp_path, tmp_path, 1, 0.6)
