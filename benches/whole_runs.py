"""Whole runs of `cobre`, measured side by side with another program of the same command line.

    .venv/bin/python benches/whole_runs.py --cases ../shared/cases [--public PATH] [--runs 3]

Prints CPU and wall time and lower bound per run, the time ours needs to reach the other program's bound,
the size of the output of a simulation of 2,000 scenarios, and the time from start to the first LP. Both programs run
in turn in one session: times of different sessions cannot be compared.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Measured:
    """One run of a program."""

    cpu_seconds: float
    wall_seconds: float
    output: Path


def measure(command: list[str], output: Path) -> Measured:
    """Runs `command`, which writes to `output`."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with exit code {process.returncode}")
    return Measured(usage.ru_utime + usage.ru_stime, wall, output)


def copy_case(case: Path, folder: Path, **changes: object) -> Path:
    """Copies a case with changes of its configuration: iterations, scenarios."""
    target = folder / case.name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(case, target, ignore=shutil.ignore_patterns("output"))
    path = target / "config.json"
    path.chmod(0o644)
    target.chmod(0o755)
    config = json.loads(path.read_text())
    if "iterations" in changes:
        config["training"]["stopping_rules"] = [{"type": "iteration_limit", "limit": changes["iterations"]}]
    if "scenarios" in changes:
        config["simulation"]["selection"] = {"method": "sampled", "num_scenarios": changes["scenarios"]}
    path.write_text(json.dumps(config))
    return target


def lower_bounds(output: Path) -> tuple[list[float], list[float]]:
    """Bound and cumulated seconds of every iteration of the newest run below `output`."""
    ours = sorted(output.glob("run=*/training/convergence/part-0.parquet"))
    path = ours[-1] if ours else output / "training" / "convergence.parquet"
    table = pq.read_table(path, columns=["lower_bound", "time_total_ms"], partitioning=None)
    seconds, total = [], 0.0
    for milliseconds in table["time_total_ms"].to_pylist():
        total += milliseconds / 1e3
        seconds.append(total)
    return table["lower_bound"].to_pylist(), seconds


def size_of(folder: Path) -> tuple[int, float]:
    """Number and megabytes of the files below `folder`."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files) / 1e6


def row(label: str, runs: list[Measured], note: str) -> None:
    """Prints medians of several runs."""
    cpu = statistics.median(run.cpu_seconds for run in runs)
    wall = statistics.median(run.wall_seconds for run in runs)
    print(f"| {label:<34} | {cpu:8.2f} | {wall:8.2f} | {note} |", flush=True)


def header(title: str) -> None:
    """Prints the head of a table."""
    print(f"\n{title}\n")
    print(f"| {'program':<34} |  CPU (s) | wall (s) | |")
    print(f"|{'-' * 36}|---------:|---------:|---|")


def in_turn(programs: dict[str, str], case: Path, folder: Path, runs: int) -> dict[str, list[Measured]]:
    """Runs every program `runs` times on one thread, in turn."""
    results: dict[str, list[Measured]] = {name: [] for name in programs}
    for number in range(runs):
        for name, binary in programs.items():
            output = folder / f"{name}-{case.name}-{number}"
            shutil.rmtree(output, ignore_errors=True)
            command = [binary, "run", str(case), "--output", str(output), "--threads", "1", "--quiet"]
            results[name].append(measure(command, output))
    return results


def bench_training(programs: dict[str, str], cases: Path, folder: Path, runs: int) -> None:
    """Training of the four equivalent reservoirs, 256 iterations of 4 trajectories."""
    header("4ree: 256 iterations of 4 forward passes, 127,488 stage problems, 100 scenarios, one thread")
    results = in_turn(programs, copy_case(cases / "4ree", folder), folder, runs)
    for name, measured in results.items():
        bounds, seconds = lower_bounds(measured[-1].output)
        row(name, measured, f"lower bound {bounds[-1]:.6e} after {seconds[-1]:.2f} s of training")
    if "public" in results:
        target = lower_bounds(results["public"][-1].output)[0][-1]
        longer = copy_case(cases / "4ree", folder, iterations=400)
        (extended,) = in_turn({"cobre": programs["cobre"]}, longer, folder, 1)["cobre"]
        bounds, seconds = lower_bounds(extended.output)
        reached = next((i for i, bound in enumerate(bounds) if bound >= target), None)
        if reached is None:
            print(f"\nThe bound {target:.6e} of the other program is not reached in {len(bounds)} iterations.")
        else:
            print(f"\nThe bound {target:.6e} of the other program is reached after {reached + 1} iterations,")
            print(f"{seconds[reached]:.2f} s of training.")


def bench_simulation(programs: dict[str, str], cases: Path, folder: Path, runs: int) -> None:
    """A simulation in which almost everything is output."""
    header("1dtoy: 128 iterations, then 2,000 scenarios, one thread")
    results = in_turn(programs, copy_case(cases / "1dtoy", folder, scenarios=2000), folder, runs)
    for name, measured in results.items():
        n_files, megabytes = size_of(measured[-1].output)
        row(name, measured, f"{n_files} files, {megabytes:.1f} MB")


def bench_start(binary: str, folder: Path, runs: int) -> None:
    """Time from the start of the process to the event behind which the first LP is solved."""
    times = []
    case = ROOT / "datasets" / "four-reservoirs"
    for number in range(max(runs, 5)):
        started = time.perf_counter()
        command = [binary, "run", str(case), "--output", str(folder / f"start-{number}"), "--threads", "1", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if json.loads(line)["type"] == "started":
                    times.append(1e3 * (time.perf_counter() - started))
                    break
            process.kill()
    print(f"\nfour-reservoirs: {statistics.median(times):.1f} ms from start to the first LP (median of {len(times)})")


def main() -> None:
    """Runs all benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cobre", default=str(ROOT / "target" / "release" / "cobre"), help="our binary")
    parser.add_argument("--public", help="binary of the public tool, run beside ours")
    parser.add_argument("--cases", type=Path, default=ROOT.parent / "shared" / "cases", help="folder with 4ree, 1dtoy")
    parser.add_argument("--runs", type=int, default=3, help="runs of each program")
    options = parser.parse_args()
    programs = {"cobre": options.cobre} | ({"public": options.public} if options.public else {})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench_start(options.cobre, folder, options.runs)
        bench_simulation(programs, options.cases, folder, options.runs)
        bench_training(programs, options.cases, folder, options.runs)


if __name__ == "__main__":
    main()
