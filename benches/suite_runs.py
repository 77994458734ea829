"""One run of a program: how it is started, what the operating system says of it, and what its tables hold."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

LAUNCHER = Path(__file__).resolve().parent / "suite_child.py"


@dataclass(frozen=True)
class Program:
    """A program of the suite, started as `<command> run CASE --output DIR --threads N --quiet`."""

    key: str
    title: str
    command: tuple[str, ...]
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Usage:
    """What the operating system counted for a process and its children."""

    cpu_seconds: float
    wall_seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Iteration:
    """One iteration of a training, by the tables of the run."""

    lower_bound: float
    lp_solves: int
    # Cuts of all stages at its end.
    n_cuts: int
    wall_seconds: float
    solve_seconds: float


@dataclass(frozen=True)
class Training:
    """The training of a run, by its tables."""

    iterations: list[Iteration]
    simplex_steps: int
    # Solves that needed a second attempt, or failed.
    troubles: int

    @property
    def lp_solves(self) -> int:
        """Stage problems solved."""
        return sum(iteration.lp_solves for iteration in self.iterations)

    @property
    def wall_seconds(self) -> float:
        """Seconds of all iterations."""
        return sum(iteration.wall_seconds for iteration in self.iterations)


class RunError(Exception):
    """A run that did not end well; the text says how, without paths."""


def run(program: Program, case: Path, output: Path, threads: int, limit_seconds: float) -> Usage:
    """Runs `program` to its end. Raises `RunError` when it fails or takes longer than `limit_seconds` of wall time."""
    command = [sys.executable, "-I", "-S", str(LAUNCHER), *program.command, "run", str(case), "--output", str(output)]
    command += ["--threads", str(threads), "--quiet", *program.arguments]
    # In a session of its own, so that all of it can be ended.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            said, errors = process.communicate(timeout=limit_seconds)
        except subprocess.TimeoutExpired as late:
            os.killpg(process.pid, signal.SIGKILL)
            raise RunError(f"stopped after {limit_seconds:.0f} s") from late
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode != 0:
        raise RunError("could not be started")
    used = json.loads(said)
    if used["code"] != 0:
        print(errors.strip()[-2000:], flush=True)
        raise RunError(f"ended with exit code {used['code']}")
    return Usage(used["cpu_seconds"], used["wall_seconds"], used["peak_mb"])


def training_folder(output: Path) -> tuple[Path, bool]:
    """The folder of the training tables below an output, and whether it is one of ours."""
    runs = sorted(output.glob("run=*"), key=lambda path: int(path.name.removeprefix("run=")))
    return (runs[-1] / "training", True) if runs else (output / "training", False)


def read_columns(path: Path, columns: list[str]) -> dict[str, list[float]]:
    """Columns of a table: one file, or a folder of parts."""
    parts = sorted(path.glob("part-*.parquet")) if path.is_dir() else [path]
    table = pa.concat_tables([pq.read_table(part, columns=columns, partitioning=None) for part in parts])
    return {name: table[name].to_pylist() for name in columns}


def read_training(output: Path) -> Training:
    """The training of the newest run below `output`, ours or the public tool's."""
    folder, ours = training_folder(output)
    convergence = read_columns(
        folder / ("convergence" if ours else "convergence.parquet"),
        ["iteration", "lower_bound", "lp_solves", "cuts_active", "time_total_ms"],
    )
    solver = read_columns(
        folder / ("solver_iterations" if ours else "solver/iterations.parquet"),
        ["iteration", "simplex_iterations", "solve_time_ms", "lp_retries", "lp_failures"],
    )
    solve_seconds = dict.fromkeys(convergence["iteration"], 0.0)
    for iteration, milliseconds in zip(solver["iteration"], solver["solve_time_ms"]):
        solve_seconds[iteration] += milliseconds / 1e3
    iterations = [
        Iteration(bound, int(solves), int(cuts), milliseconds / 1e3, solve_seconds[iteration])
        for iteration, bound, solves, cuts, milliseconds in zip(*convergence.values())
    ]
    troubles = int(sum(solver["lp_retries"]) + sum(solver["lp_failures"]))
    return Training(iterations, int(sum(solver["simplex_iterations"])), troubles)


def read_version(output: Path) -> str:
    """Version of the program that wrote `output`, and of its solver."""
    metadata = json.loads((training_folder(output)[0] / "metadata.json").read_text())
    solver = f"{metadata['solver']} {metadata.get('solver_version') or ''}".strip()
    return f"{metadata['software_version']} ({solver})"


def policy_digest(output: Path) -> str:
    """Digest of the policy of the newest run of ours below `output`: all its files but that which names the run."""
    folder = training_folder(output)[0].parent / "policy"
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "policy.bin"):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
