"""Every example in the documentation of the package runs as it is printed."""

from __future__ import annotations

import ast
import asyncio
import doctest
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import cobre

REPOSITORY = Path(__file__).resolve().parents[3]
SOURCES = REPOSITORY / "py-cobre" / "python" / "cobre"
PAGES = [REPOSITORY / "docs" / "python.md", REPOSITORY / "README.md", REPOSITORY / "py-cobre" / "README.md"]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def documented(path: Path) -> Iterator[tuple[str, str, int]]:
    """Name, docstring and line of everything in a file that has examples."""
    tree = ast.parse(path.read_text())
    pending: list[tuple[str, ast.AST]] = [(path.stem, tree)]
    while pending:
        name, node = pending.pop()
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node, clean=True)
            if text and ">>>" in text:
                yield name, text, getattr(node, "lineno", 1)
            pending += [
                (f"{name}.{child.name}", child)
                for child in node.body
                if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            ]


def examples() -> list[Any]:
    """All examples of stubs and modules."""
    found = []
    for path in sorted([*SOURCES.rglob("*.pyi"), *SOURCES.rglob("*.py")]):
        for name, text, line in documented(path):
            found.append(pytest.param(text, name, path, line, id=f"{path.relative_to(SOURCES)}::{name}"))
    return found


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to write to that has the data sets of the repository, with less to train and to simulate."""
    data = tmp_path / "datasets" / "four-reservoirs"
    shutil.copytree(REPOSITORY / "datasets" / "four-reservoirs", data, ignore=shutil.ignore_patterns("output"))
    config = json.loads((data / "config.json").read_text())
    config["training"]["stopping_rules"] = [{"type": "iteration_limit", "limit": 3}]
    config["simulation"]["selection"]["num_scenarios"] = 64
    (data / "config.json").write_text(json.dumps(config))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names() -> dict[str, Any]:
    """What every example may use."""
    loader = getattr(cobre, "CaseLoader", None)
    case = loader.load("datasets/four-reservoirs") if loader else None
    return {"cobre": cobre, "np": np, "pl": pl, "case": case}


@pytest.mark.parametrize(("text", "name", "path", "line"), examples())
def test_example(text: str, name: str, path: Path, line: int, place: Path) -> None:
    assert place.is_dir()
    test = doctest.DocTestParser().get_doctest(text, names(), name, str(path), line)
    report: list[str] = []
    outcome = doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(test, out=report.append)
    assert outcome.failed == 0, "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_the_examples_of_a_page_run_in_order(page: Path, place: Path) -> None:
    """Fenced blocks of the page are one session, as a notebook is: `await` stands at the top level."""
    assert place.is_dir()
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    # What comes before the package is imported reads files of a run that was made with the program.
    first = next(at for at, block in enumerate(blocks) if "import cobre" in block)
    session: dict[str, Any] = {"__name__": "page"}
    for block in blocks[first:]:
        code = compile(block, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if (waiting := eval(code, session)) is not None:
            asyncio.run(waiting)
