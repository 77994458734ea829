"""The `cobre` program."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def cobre_program() -> Path:
    """The program of `COBRE_BIN`, else the one of the development build, made where it is missing."""
    if named := os.environ.get("COBRE_BIN"):
        return Path(named)
    program = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "cobre"
    if not program.exists():
        subprocess.run(["cargo", "build", "--workspace", "--bins", "--locked"], cwd=ROOT, check=True)
    return program


@cache
def cobre_program_with_mpi() -> Path:
    """The program of `COBRE_MPI_BIN`, else what the tests of ranks have built, made where it is missing."""
    if named := os.environ.get("COBRE_MPI_BIN"):
        return Path(named)
    folder = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
    program = folder / "cobre-mpi"
    if not program.exists():
        command = ["cargo", "build", "--workspace", "--bins", "--locked", "--features", "cobre-cli/mpi"]
        subprocess.run(command, cwd=ROOT, check=True)
        shutil.copy2(folder / "cobre", program)
    return program


def cobre(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Calls the program and waits for its end."""
    command = [str(cobre_program()), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
