"""The cases of the suite: what is run, how long, and where the data comes from."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class SuiteCase:
    """A case: its data, and how many iterations it is trained for."""

    name: str
    title: str
    iterations: int
    # Iterations of a quick session; none: the case is left out of it.
    quick_iterations: int | None
    # Arguments of the generator, or none for a case that lies in a folder.
    generator: str | None = None
    # Whether its points belong to the curve over the number of plants.
    plants: int | None = None
    ar_order: int | None = None
    # Programs that run it, by key; none: all.
    programs: tuple[str, ...] | None = None
    # Folder of the case where its name is not that.
    folder: str | None = None

    def n_iterations(self, quick: bool) -> int | None:
        """How many iterations a session runs; none: it leaves the case out."""
        return self.quick_iterations if quick else self.iterations


SYSTEM = "--blocks 3"
SYSTEMS = {
    10: f"--plants 10 --cascades 3 --thermals 12 --buses 4 --lines 4 {SYSTEM}",
    40: f"--plants 40 --cascades 8 --thermals 30 --buses 6 --lines 7 {SYSTEM}",
    160: f"--plants 160 --cascades 20 --thermals 100 --buses 6 --lines 7 {SYSTEM}",
}


def generated(plants: int, stages: int, ar_order: int, iterations: int, quick: int | None) -> SuiteCase:
    """A generated system of the usual shape: 10 openings, 8 forward passes."""
    return SuiteCase(
        name=f"plants-{plants}-ar{ar_order}",
        title=f"{plants} plants, 3 blocks, {stages} stages, AR({ar_order}), 8 passes, 10 openings",
        iterations=iterations,
        quick_iterations=quick,
        generator=f"{SYSTEMS[plants]} --stages {stages} --ar-order {ar_order} --openings 10 --forward-passes 8",
        plants=plants,
        ar_order=ar_order,
    )


CASES = [
    SuiteCase("4ree", "`4ree`: 4 reservoirs, 12 stages, 4 passes, 10 openings", 256, 40),
    SuiteCase("4ree-long", "`4ree`, 2,000 iterations", 2000, None, programs=("dual_simplex",), folder="4ree"),
    SuiteCase("four-reservoirs", "`four-reservoirs`: 4 reservoirs, 12 stages, 8 passes, 20 openings", 100, 20),
    SuiteCase("four-reservoirs-60", "`four-reservoirs-60`: the same, 60 stages", 30, 4),
    SuiteCase(
        "four-reservoirs-60-long",
        "`four-reservoirs-60`, 2,000 iterations",
        2000,
        None,
        programs=("dual_simplex",),
        folder="four-reservoirs-60",
    ),
    generated(10, 24, 0, 40, 10),
    generated(10, 24, 6, 40, 10),
    generated(40, 24, 0, 30, 3),
    generated(40, 24, 6, 30, 3),
    generated(160, 60, 0, 2, None),
    generated(160, 60, 6, 2, None),
    SuiteCase(
        "plants-40-cuts",
        "40 plants, 3 blocks, 12 stages, AR(0), 16 passes, 5 openings: 1,024 cuts per stage",
        64,
        4,
        f"{SYSTEMS[40]} --stages 12 --ar-order 0 --openings 5 --forward-passes 16",
    ),
    SuiteCase(
        "plants-160-cuts",
        "160 plants, 3 blocks, 6 stages, AR(6), 32 passes, 3 openings: 1,024 cuts per stage",
        32,
        1,
        f"{SYSTEMS[160]} --stages 6 --ar-order 6 --openings 3 --forward-passes 32",
    ),
    SuiteCase(
        "plants-160-blocks",
        "160 plants, 12 blocks, 6 stages, AR(6), 4 passes, 10 openings",
        5,
        1,
        f"{SYSTEMS[160]} --blocks 12 --stages 6 --ar-order 6 --openings 10 --forward-passes 4",
    ),
    SuiteCase(
        "plants-160-outflow",
        "160 plants with a least outflow, 3 blocks, 6 stages, AR(6), 4 passes, 10 openings: 660 rows",
        5,
        1,
        f"{SYSTEMS[160]} --min-outflow 0.15 --stages 6 --ar-order 6 --openings 10 --forward-passes 4",
    ),
]


def chosen(names: list[str]) -> list[SuiteCase]:
    """The cases of these names, in the order of the suite; all without a name. Raises `ValueError` for another name."""
    known = {case.name for case in CASES}
    if unknown := sorted(set(names) - known):
        raise ValueError(f"no case {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return [case for case in CASES if not names or case.name in names]


def find_case(case: SuiteCase, folder: Path, cases: Path, seed: int) -> Path | None:
    """The folder of the case's data, generated below `folder` if need be; none where it is not there."""
    if case.generator is not None:
        target = folder / case.name
        command = [sys.executable, str(ROOT / "datasets" / "generate_system.py"), *case.generator.split()]
        subprocess.run([*command, "--seed", str(seed), "--output", str(target)], check=True)
        return target
    places = [parent / (case.folder or case.name) for parent in (ROOT / "datasets", cases)]
    return next((place for place in places if (place / "config.json").is_file()), None)


def copy_case(case: Path, target: Path, iterations: int, scenarios: int | None, passes: int | None = None) -> Path:
    """Copies a case with another number of iterations, and with `scenarios` simulated ones, or no simulation.

    Where `passes` are given, with as many forward passes.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    # File by file: where the data comes from may be read-only, and modes are copied with folders.
    for path in sorted(case.rglob("*")):
        place = path.relative_to(case)
        if path.is_file() and "output" not in place.parts:
            (target / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / place)
    simulation = (
        {"enabled": False}
        if scenarios is None
        else {"enabled": True, "selection": {"method": "sampled", "num_scenarios": scenarios}}
    )

    def resize(config: Any) -> None:
        config["training"]["stopping_rules"] = [{"type": "iteration_limit", "limit": iterations}]
        config["simulation"] = simulation
        if passes is not None:
            config["training"]["selection"]["forward_passes"] = passes

    change_config(target, resize)
    return target


def draws_openings(case: Path) -> bool:
    """Whether every program draws openings of its own for the case."""
    config = json.loads((case / "config.json").read_text())
    return bool(config["training"]["scenario_source"]["openings"]["source"] == "generated")


def ask_for_openings(case: Path) -> None:
    """Has a run of the case write the openings that it drew."""
    change_config(case, lambda config: config.setdefault("exports", {}).update(stochastic=True))


def give_openings(case: Path, output: Path) -> None:
    """Gives the case the openings that the run below `output` wrote, for every program to read."""
    (written,) = output.glob("run=*/stochastic/noise_openings.parquet")
    # The usual compression of the package is one that the public tool does not read.
    table = pq.read_table(written, partitioning=None)
    pq.write_table(table, case / "scenarios" / "noise_openings.parquet", compression="zstd")

    def read_them(config: Any) -> None:
        del config["exports"]["stochastic"]
        config["training"]["scenario_source"]["openings"] = {"source": "file"}

    change_config(case, read_them)


def change_config(case: Path, change: Callable[[Any], None]) -> None:
    """Changes the configuration of a case."""
    path = case / "config.json"
    config = json.loads(path.read_text())
    change(config)
    path.write_text(json.dumps(config))


def n_stages(case: Path) -> int:
    """The number of stages of a case."""
    stages = json.loads((case / "stages.json").read_text())["stages"]
    return sum(stage["id"] >= 0 for stage in stages)
