"""What the package was planned to have, item by item: API, lock, shared memory, modes, errors, policies."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import cobre

REPOSITORY = Path(__file__).resolve().parents[3]
PAGE = (REPOSITORY / "docs" / "python.md").read_text()
STUBS = REPOSITORY / "py-cobre" / "python" / "cobre" / "_cobre"


def section(title: str) -> str:
    """The text of a section of the page."""
    match = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert match, f"the page has no section {title!r}"
    return match[1]


API = {
    "core": ["HydroPlant", "ThermalUnit", "Bus", "Line", "Topology"],
    "io": ["CaseLoader", "Case", "validate", "ValidationResult"],
    "stochastic": ["PARModel", "sample_noise", "OpeningTree", "load_external_scenarios"],
    "sddp": ["train", "TrainingResult", "simulate", "SimulationResult", "Policy", "set_threads", "get_threads"],
    "async": ["train_async", "simulate_async"],
    "errors": ["CobreError", "ValidationError", "SolverError", "IOError"],
}


@pytest.mark.parametrize("area", API)
def test_every_name_of_the_api_is_there(area: str) -> None:
    missing = [name for name in API[area] if not hasattr(cobre, name)]
    assert missing == []


def test_every_public_function_has_types_for_all_it_takes_and_gives() -> None:
    untyped = []
    for path in STUBS.glob("*.pyi"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            typed = all(a.annotation for a in arguments if a.arg not in ("self", "cls")) and node.returns is not None
            if not typed:
                untyped.append(f"{path.name}: {node.name}")
    assert untyped == []


def test_signatures_say_what_is_required() -> None:
    parameters = inspect.signature(cobre.train).parameters
    assert parameters["case"].default is inspect.Parameter.empty
    assert parameters["config_overrides"].default is None
    parameters = inspect.signature(cobre.simulate).parameters
    assert [name for name, value in parameters.items() if value.default is inspect.Parameter.empty] == [
        "case",
        "policy",
    ]


def test_the_five_rules_of_the_lock_are_told_with_a_diagram() -> None:
    text = section("The interpreter lock")
    assert re.findall(r"^(\d)\. ", text, flags=re.MULTILINE) == ["1", "2", "3", "4", "5"]
    assert "```text" in text
    assert "a defect of the program" in text


def test_the_six_paths_share_memory(
    case: cobre.Case, trained: cobre.TrainingResult, simulated: cobre.SimulationResult
) -> None:
    """Noise, opening tree, convergence, results, cuts, coefficients of the inflow model."""
    noise = cobre.sample_noise(case, n=3, seed=1)
    tree = case.openings.data
    model = case.inflow_model
    cuts = trained.policy.cuts(0)
    for name, array in {
        "noise": noise,
        "opening tree": tree,
        "intercepts": cuts["intercepts"],
        "coefficients": cuts["coefficients"],
        "means": model.seasonal_means,
        "coefficients of the model": model.ar_coefficients,
        "convergence": trained.convergence["lower_bound"],
        "results": simulated["hydros"].chunks("storage_final_hm3")[0],
    }.items():
        assert isinstance(array, np.ndarray), name
        assert array.dtype == np.float64, name
        assert array.base is not None or name == "noise", f"{name}: a view of memory that another object owns"
    assert tree.ndim == 3
    assert tree.shape[1] == case.n_stages
    assert np.shares_memory(case.openings.data, tree)
    assert np.shares_memory(trained.policy.cuts(0)["coefficients"], cuts["coefficients"])
    assert pa.table(trained.convergence).num_rows == trained.iterations
    assert pl.DataFrame(simulated["hydros"]).height == len(simulated["hydros"])


def test_what_is_shared_and_what_is_copied_is_one_table() -> None:
    text = section("What is shared and what is copied")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) >= 2 + 6
    for word in ["noise", "opening", "convergence", "result", "cuts", "inflow model"]:
        assert any(word in row for row in rows), word


def test_modes_of_execution_are_told_with_the_three_reasons() -> None:
    text = section("Where the work runs")
    assert "MPI is never initialised in the process of Python" in text
    assert len(re.findall(r"^- \*", text, flags=re.MULTILINE)) == 3
    assert "cobre.launch" in text


def test_every_kind_of_error_belongs_to_one_class_and_is_told() -> None:
    source = "".join(path.read_text() for path in (REPOSITORY / "py-cobre" / "src").rglob("*.rs"))
    made = set(re.findall(r'Failure::new\(\s*"(\w+)",\s*"(\w+)"', source))
    made |= set(re.findall(r'Self::new\(\s*"(\w+Error)",\s*"(\w+)"', source))
    classes: dict[str, set[str]] = {}
    for of, kind in made:
        classes.setdefault(kind, set()).add(of)
    assert classes
    for kind, of in classes.items():
        assert len(of) == 1, f"{kind} belongs to {of}"
        assert issubclass(getattr(cobre, next(iter(of))), cobre.CobreError)
        assert f"`{kind}`" in section("Errors"), f"{kind} is not on the page"


def test_errors_carry_data() -> None:
    result = cobre.validate(REPOSITORY / "datasets" / "four-reservoirs")
    assert result.is_valid
    with pytest.raises(cobre.IOError) as caught:
        cobre.CaseLoader.load("no/such/place")
    error = caught.value
    assert error.kind == "case_not_readable"
    assert "no/such/place" in error.message
    assert "no/such/place" in error.context["path"]


def test_async_is_optional_and_explained() -> None:
    assert "run_in_executor" in section("Where the work runs")


def test_a_policy_answers_as_planned(trained: cobre.TrainingResult) -> None:
    policy = trained.policy
    assert isinstance(policy.summary(), dict)
    cuts = policy.cuts(0)
    assert {"intercepts", "coefficients"} <= set(cuts)
    assert isinstance(policy.evaluate(policy.initial_state), float)


def test_the_page_keeps_to_its_subject() -> None:
    assert not re.search(r"\b(MCP|TUI)\b", PAGE)
