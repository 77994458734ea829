"""Runs that tests of the package read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from program import ROOT, cobre


def write_run(folder: Path, *, n_scenarios: int = 160, bucket_size: int = 20) -> Path:
    """Trains and simulates `four-reservoirs` in little time; gives the output root."""
    case, root = folder / "case", folder / "output"
    if not case.exists():
        shutil.copytree(ROOT / "datasets" / "four-reservoirs", case, ignore=shutil.ignore_patterns("output"))
    settings = json.loads((case / "config.json").read_text())
    settings["training"]["stopping_rules"] = [{"type": "iteration_limit", "limit": 8}]
    settings["simulation"]["selection"]["num_scenarios"] = n_scenarios
    settings["exports"] = {"states": True, "results": {"bucket_size": bucket_size}}
    (case / "config.json").write_text(json.dumps(settings))
    done = cobre("run", case, "--output", root, "--quiet")
    assert done.returncode == 0, done.stderr
    return root
