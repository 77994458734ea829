"""What is told of a training: to callables, to `logging`, on a terminal, in a notebook."""

from __future__ import annotations

import io
import logging
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import cobre
from program import cobre as call_program
from studies import LONG, SMALL, iterations


def test_events_are_plain_data_in_order(case: cobre.Case) -> None:
    events: list[dict[str, Any]] = []
    result = cobre.train(case, iterations(3), progress=events.append)
    assert [event["type"] for event in events] == ["started", "progress", "progress", "progress", "terminated"]
    assert [event["iteration"] for event in events[1:4]] == [1, 2, 3]
    last = events[3]
    assert (last["lower_bound"], last["gap"]) == (result.lower_bound, result.gap_percent)
    assert last["iteration_limit"] == 3
    events.clear()
    cobre.simulate(case, result, SMALL, progress=events.append)
    assert events[-1]["scenarios_complete"] == events[-1]["scenarios_total"] == 32


def test_events_are_those_of_the_program(case: cobre.Case, datasets: Path, tmp_path: Path) -> None:
    import json

    place = tmp_path / "case"
    case.with_(config=SMALL).write(place)
    done = call_program("run", place, "--output", tmp_path / "program", "--json")
    assert done.returncode == 0, done.stderr
    of_program = [json.loads(line) for line in done.stdout.splitlines()]
    events: list[dict[str, Any]] = []
    result = cobre.train(case, SMALL, output=tmp_path / "package", progress=events.append)
    cobre.simulate(case, result, SMALL, output=tmp_path / "package", progress=events.append)

    def kinds(all_events: list[dict[str, Any]]) -> dict[tuple[str, str], set[str]]:
        return {(event["type"], event.get("phase", "")): set(event) for event in all_events}

    expected = kinds([event for event in of_program if event["type"] not in ("result", "note")])
    assert kinds([event for event in events if event["type"] != "note"]) == expected


def test_events_go_to_the_logger(case: cobre.Case, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="cobre"):
        cobre.train(case, iterations(2))
    lines = [record.getMessage() for record in caplog.records if record.name == "cobre"]
    assert lines[0].startswith("four-reservoirs: 12 stages, ")
    assert lines[1].startswith("iteration 1/2  lower bound ")
    assert lines[-1].startswith("trained 2 iterations in ")
    assert caplog.records[1].event["iteration"] == 1  # type: ignore[attr-defined]
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger="cobre"):
        cobre.train(case, iterations(2))
    assert not caplog.records


def test_new_warnings_are_warnings_of_the_logger(case: cobre.Case, caplog: pytest.LogCaptureFixture) -> None:
    cobre.train(case, {**SMALL, "policy": {"path": "somewhere", "mode": "fresh"}})
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "no policy is read" in caplog.text


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a terminal."""
    ours, theirs = pty.openpty()
    try:
        yield ours, theirs
    finally:
        os.close(ours)


def script(datasets: Path, progress: str) -> list[str]:
    """A program that trains for three iterations."""
    text = (
        f"import cobre; case = cobre.CaseLoader.load({str(datasets / 'four-reservoirs')!r}); "
        f"cobre.train(case, {iterations(3)!r}, progress={progress})"
    )
    return [sys.executable, "-c", text]


def test_a_terminal_shows_a_bar(datasets: Path) -> None:
    with terminal() as (ours, theirs):
        with subprocess.Popen(script(datasets, "None"), stderr=theirs) as program:
            os.close(theirs)
            shown = b""
            while True:
                try:
                    part = os.read(ours, 4096)
                except OSError:
                    break
                if not part:
                    break
                shown += part
        assert program.returncode == 0
    text = shown.decode()
    assert "█" in text
    assert "iteration 1/3  lower bound" in text
    assert text.rstrip().endswith("(iteration_limit)")


class Terminal(io.StringIO):
    """A terminal of this process."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_is_left_at_the_beginning_of_a_line(case: cobre.Case, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    cobre.train(case, iterations(3))
    assert shown.getvalue().count("\r\x1b[2K") >= 1
    assert shown.getvalue().endswith("(iteration_limit)\n")
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        cobre.train(case, LONG)
    timer.join()
    assert shown.getvalue().endswith("\n")


@pytest.mark.parametrize(("progress", "is_told"), [("None", False), ("False", False), ("True", True)])
def test_elsewhere_a_display_is_shown_where_asked(datasets: Path, progress: str, is_told: bool) -> None:
    done = subprocess.run(script(datasets, progress), capture_output=True, text=True, check=True)
    assert ("trained 3 iterations" in done.stderr) == is_told
    assert done.stdout == ""
    assert is_told or done.stderr == ""


def test_a_notebook_shows_a_bar(case: cobre.Case, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    class Handle:
        def update(self, output: str) -> None:
            shown.append(output)

    def display(output: str, display_id: bool) -> Handle:
        assert display_id
        shown.append(output)
        return Handle()

    class ZMQInteractiveShell:
        pass

    ipython, displays = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = ZMQInteractiveShell  # type: ignore[attr-defined]
    displays.HTML = str  # type: ignore[attr-defined]
    displays.display = display  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", displays)
    cobre.train(case, iterations(3))
    assert shown[0].startswith('<progress value="0.3333"')
    assert "trained 3 iterations" in shown[-1]


def test_progress_is_one_of_its_kinds(case: cobre.Case) -> None:
    with pytest.raises(TypeError, match="progress is None, True, False or a callable; found str"):
        cobre.train(case, SMALL, progress="bar")  # type: ignore[arg-type]
