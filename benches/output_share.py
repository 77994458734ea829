"""Share of the outputs in the wall time of a run.

Runs a case several times in turn with three settings: every table and a checkpoint every ten iterations; every table;
no table of the simulation but the costs of the scenarios. The difference of the medians is what the outputs cost.

    cargo build --release --workspace --bins
    .venv/bin/python benches/output_share.py --case datasets/four-reservoirs --scenarios 20000 --repeat 5
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

SETTINGS: dict[str, dict[str, Any]] = {
    "tables and checkpoints": {
        "policy": {"checkpointing": {"enabled": True, "interval_iterations": 10}},
    },
    "all tables": {},
    "no tables": {"exports": {"results": {"tables": ["scenario_summary"]}}},
}


def prepare(case: Path, folder: Path, scenarios: int, changes: dict[str, Any]) -> None:
    """Copy a case and change its settings."""
    shutil.copytree(case, folder, ignore=shutil.ignore_patterns("output"))
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["simulation"]["selection"]["num_scenarios"] = scenarios
    config.update(changes)
    path.write_text(json.dumps(config))


def run(binary: Path, case: Path, output: Path, threads: int) -> dict[str, float]:
    """Run the case once; times in seconds, size in MB, peak of the memory in MB."""
    shutil.rmtree(output, ignore_errors=True)
    command = [str(binary), "run", str(case), "--output", str(output), "--quiet", "--threads", str(threads)]
    started = time.perf_counter()
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    if status != 0:
        raise SystemExit(f"{' '.join(command)} ended with status {status}")
    size = sum(file.stat().st_size for file in output.rglob("*") if file.is_file())
    return {
        "wall_s": wall,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "size_mb": size / 1e6,
        "peak_mb": usage.ru_maxrss / 1e3,
    }


def main() -> None:
    """Measure and print one line per setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/cobre")
    parser.add_argument("--case", type=Path, default=ROOT / "datasets/four-reservoirs")
    parser.add_argument("--scenarios", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        results: dict[str, list[dict[str, float]]] = {name: [] for name in SETTINGS}
        for number, changes in enumerate(SETTINGS.values()):
            prepare(arguments.case, folder / str(number), arguments.scenarios, changes)
        for _ in range(arguments.repeat):
            for number, name in enumerate(SETTINGS):
                results[name].append(run(arguments.binary, folder / str(number), folder / "output", arguments.threads))
        medians = {
            name: {key: statistics.median(one[key] for one in runs) for key in runs[0]}
            for name, runs in results.items()
        }
        base = medians["no tables"]
        for name, figures in medians.items():
            share = 1 - base["wall_s"] / figures["wall_s"]
            print(
                f"{name:24} {figures['wall_s']:8.2f} s wall  {figures['cpu_s']:8.2f} s CPU  "
                f"{figures['size_mb']:9.1f} MB  peak {figures['peak_mb']:6.0f} MB  outputs {100 * share:5.1f} % of wall"
            )


if __name__ == "__main__":
    main()
