"""Talks with the SQL shell through a terminal, as its users do."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from program import ROOT, cobre_program

PATIENCE_S = 60.0


class Shell:
    """`cobre sql ROOT` on a terminal of its own."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder
        master, slave = pty.openpty()
        environment = os.environ | {"XDG_STATE_HOME": str(folder / "state"), "TERM": "xterm"}
        self.process = subprocess.Popen(
            [str(cobre_program()), "sql", str(root)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env=environment,
            start_new_session=True,
            # Its own terminal, so that Ctrl-C is a signal.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY),
        )
        os.close(slave)
        self.terminal = master
        self.unread = ""
        self.read_until("cobre> ")

    def read_until(self, text: str) -> str:
        """What the terminal shows up to `text`; what comes after it is for the next call."""
        end = time.monotonic() + PATIENCE_S
        while text not in self.unread:
            ready, _, _ = select.select([self.terminal], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"no {text!r} in {self.unread!r}"
            self.unread += os.read(self.terminal, 65536).decode()
            # Without colours, and without the movements of the cursor.
            self.unread = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.unread)
        shown, self.unread = self.unread.split(text, 1)
        return shown + text

    def type(self, line: str, answer: str) -> str:
        """Types a line and waits for a text in its answer."""
        os.write(self.terminal, f"{line}\r".encode())
        return self.read_until(answer)

    def leave(self) -> int:
        os.write(self.terminal, b"\\q\r")
        code = self.process.wait(PATIENCE_S)
        os.close(self.terminal)
        return code


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the toy case."""
    root = tmp_path_factory.mktemp("results")
    command = [str(cobre_program()), "run", str(ROOT / "datasets" / "toy"), "--output", str(root), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture
def shell(results: Path, tmp_path: Path) -> Iterator[Shell]:
    """A shell, which does not outlive its test."""
    shell = Shell(results, tmp_path)
    yield shell
    if shell.process.poll() is None:
        shell.process.kill()
        shell.process.wait()


def test_statements_commands_and_mistakes(shell: Shell) -> None:
    shell.type("SELECT 6 * 7 AS answer;", "| 42 ")
    shell.read_until("Elapsed")
    shell.type("\\d", "scenario_summary")
    shell.type("\\d costs", "immediate_cost")
    shell.type("SELECT nonsense;", "error: ")
    shell.type("\\nonsense", "there is no command `\\nonsense`")
    shell.type("CREATE VIEW mine AS SELECT count(*) AS n FROM costs;", "Elapsed")
    shell.type("SELECT n > 0 AS there FROM mine;", "| true ")
    shell.type("\\pset format csv", "cobre> ")
    shell.type("SELECT 1 AS a, 2 AS b;", "1,2")
    assert shell.leave() == 0


def test_statements_may_take_several_lines(shell: Shell) -> None:
    os.write(shell.terminal, b"SELECT 20\r")
    shell.type("+ 3 AS answer;", "| 23 ")
    assert shell.leave() == 0


def test_what_was_typed_is_kept_among_the_users_state(shell: Shell) -> None:
    shell.type("SELECT 'kept' AS word;", "| kept ")
    assert shell.leave() == 0
    assert "'kept'" in (shell.folder / "state" / "cobre" / "sql_history").read_text()
    # Nothing is left where the user was.
    assert [path.name for path in shell.folder.iterdir()] == ["state"]


def test_a_long_query_can_be_interrupted(shell: Shell) -> None:
    series = "generate_series(1, 10000000)"
    query = f"SELECT count(*) FROM {series} a, {series} b WHERE a.value < b.value;"
    os.write(shell.terminal, f"{query}\r".encode())
    time.sleep(1.0)
    os.write(shell.terminal, b"\x03")
    shell.read_until("interrupted")
    shell.type("SELECT 6 * 7 AS answer;", "| 42 ")
    assert shell.leave() == 0
