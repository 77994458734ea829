"""Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import cobre
from studies import LONG, TIMES, iterations


def interrupt_at(iteration: int) -> Any:
    """A listener that presses Ctrl-C."""

    def hear(event: dict[str, Any]) -> None:
        if event.get("iteration") == iteration:
            os.kill(os.getpid(), signal.SIGINT)

    return hear


def test_an_interrupted_training_can_go_on(case: cobre.Case) -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        cobre.train(case, LONG, progress=interrupt_at(3))
    result: cobre.TrainingResult = caught.value.result  # type: ignore[attr-defined]
    assert result.stopped
    assert 3 <= result.iterations < 100
    more = iterations(result.iterations + 1)
    assert cobre.train(case, more, resume_from=result).policy == cobre.train(case, more).policy


def test_an_interrupted_training_leaves_a_checkpoint(case: cobre.Case, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        cobre.train(case, LONG, output=tmp_path, progress=interrupt_at(2))
    result: cobre.TrainingResult = caught.value.result  # type: ignore[attr-defined]
    assert result.stopped
    assert cobre.Policy.load(tmp_path) == result.policy
    more = iterations(result.iterations + 1)
    went_on = cobre.train(case, more, output=tmp_path, resume=True)
    assert went_on.policy == cobre.train(case, more).policy


def test_an_interrupted_simulation_keeps_what_was_done(case: cobre.Case, trained: cobre.TrainingResult) -> None:
    def hear(event: dict[str, Any]) -> None:
        if event.get("scenarios_complete"):
            os.kill(os.getpid(), signal.SIGINT)

    many = {"simulation": {"selection": {"num_scenarios": 100_000}}, "exports": {"results": {"bucket_size": 16}}}
    with pytest.raises(KeyboardInterrupt) as caught:
        cobre.simulate(case, trained, many, progress=hear)
    result: cobre.SimulationResult = caught.value.result  # type: ignore[attr-defined]
    assert result.stopped
    assert 16 <= result.n_scenarios < 100_000
    assert len(result.costs) == result.n_scenarios


def test_an_interrupted_simulation_can_go_on(case: cobre.Case, trained: cobre.TrainingResult, tmp_path: Path) -> None:
    def hear(event: dict[str, Any]) -> None:
        if event.get("scenarios_complete"):
            os.kill(os.getpid(), signal.SIGINT)

    many = {"simulation": {"selection": {"num_scenarios": 1600}}, "exports": {"results": {"bucket_size": 16}}}
    with pytest.raises(KeyboardInterrupt) as caught:
        cobre.simulate(case, trained, many, output=tmp_path, progress=hear)
    done: cobre.SimulationResult = caught.value.result  # type: ignore[attr-defined]
    assert 16 <= done.n_scenarios < 1600
    heard: list[int] = []

    def count(event: dict[str, Any]) -> None:
        if "scenarios_complete" in event:
            heard.append(event["scenarios_complete"])

    resumed = cobre.simulate(case, trained, many, output=tmp_path, resume=True, progress=count)
    assert resumed.output is not None
    assert (resumed.output.run, resumed.output.runs) == (1, [1])
    assert min(heard) >= done.n_scenarios
    straight = cobre.simulate(case, trained, many)
    assert resumed.costs.tolist() == straight.costs.tolist()
    for name in straight.names:
        found, expected = (result[name].to_polars().drop(TIMES, strict=False) for result in (resumed, straight))
        assert found.equals(expected), name


def test_a_simulation_in_memory_is_not_resumed(case: cobre.Case, trained: cobre.TrainingResult) -> None:
    with pytest.raises(cobre.ArgumentError, match="output="):
        cobre.simulate(case, trained, resume=True)


def test_an_exception_of_who_listens_stops_training(case: cobre.Case) -> None:
    def hear(event: dict[str, Any]) -> None:
        if event["type"] == "progress":
            raise LookupError("seen enough")

    with pytest.raises(LookupError, match="seen enough") as caught:
        cobre.train(case, LONG, progress=hear)
    assert caught.value.result.iterations < 100  # type: ignore[attr-defined]


def test_signals_are_heard_while_nobody_listens(case: cobre.Case) -> None:
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt) as caught:
        cobre.train(case, LONG, progress=False)
    timer.join()
    assert caught.value.result.stopped  # type: ignore[attr-defined]


SCRIPT = """
import sys, cobre
case = cobre.CaseLoader.load(sys.argv[1])
def hear(event):
    if event.get("iteration") == 1:
        print("training", flush=True)
cobre.train(case, {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 100000}]}},
            output=sys.argv[2], progress=hear)
"""


def test_a_program_ends_after_ctrl_c(case: cobre.Case, datasets: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(datasets / "four-reservoirs"), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "training\n"
        program.send_signal(signal.SIGINT)
        _, messages = program.communicate(timeout=60)
    assert program.returncode == -signal.SIGINT, messages
    assert "KeyboardInterrupt" in messages
    iterations_done = cobre.Policy.load(tmp_path).iterations
    assert iterations_done >= 1
