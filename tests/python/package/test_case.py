"""Cases: loading, validation, identity."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

import cobre

FOUR_RESERVOIRS = Path("datasets/four-reservoirs")


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A case with an unknown key, an unknown bus and a missing file."""
    folder = tmp_path / "broken"
    shutil.copytree(FOUR_RESERVOIRS, folder)
    config = json.loads((folder / "config.json").read_text())
    config["training"]["tree_sed"] = 1
    (folder / "config.json").write_text(json.dumps(config))
    lines = json.loads((folder / "system/lines.json").read_text())
    lines["lines"][0]["target_bus_id"] = 99
    (folder / "system/lines.json").write_text(json.dumps(lines))
    (folder / "penalties.json").unlink()
    return folder


@pytest.mark.parametrize("path", [FOUR_RESERVOIRS, str(FOUR_RESERVOIRS), FOUR_RESERVOIRS.resolve().as_uri()])
def test_a_case_is_loaded_from_a_path_or_url(path: Path | str, case: cobre.Case) -> None:
    loaded = cobre.CaseLoader.load(path)
    assert loaded == case
    assert hash(loaded) == hash(case)
    assert loaded.name == "four-reservoirs"


def test_what_a_case_is(case: cobre.Case) -> None:
    assert (case.n_stages, len(case.hydros), len(case.thermals), len(case.buses), len(case.lines)) == (12, 4, 95, 5, 5)
    assert len(case.hash) == len(case.study_hash) == 64
    assert case.hash != case.study_hash
    assert repr(case) == ('Case("four-reservoirs": 4 hydro plants, 95 thermal plants, 5 buses, 5 lines, 12 stages)')
    with pytest.raises(AttributeError):
        case.name = "other"  # type: ignore[misc]


def test_cases_differ_when_a_file_differs(case: cobre.Case, tmp_path: Path) -> None:
    folder = tmp_path / "four-reservoirs"
    shutil.copytree(FOUR_RESERVOIRS, folder)
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config + "\n")
    other = cobre.CaseLoader.load(folder)
    assert other != case
    assert other.study_hash == case.study_hash
    assert case != "four-reservoirs"


def test_an_invalid_case_says_everything_at_once(broken: Path) -> None:
    with pytest.raises(cobre.ValidationError) as caught:
        cobre.CaseLoader.load(broken)
    error = caught.value
    assert error.kind == "invalid_case"
    codes = {finding["code"] for finding in error.findings}
    assert {"schema.unknown_key", "referential.1", "structural.2"} <= codes
    unknown = next(finding for finding in error.findings if finding["code"] == "schema.unknown_key")
    assert unknown["file"] == "config.json"
    assert unknown["pointer"] == "/training/tree_sed"
    assert "tree_seed" in unknown["hint"]


def test_validation_is_an_answer(broken: Path) -> None:
    result = cobre.validate(broken)
    assert not result
    assert not result.is_valid
    assert len(result) == len(result.findings) == len(result.errors) + len(result.warnings)
    assert all(finding.is_error for finding in result.errors)
    assert list(result) == list(result.findings)
    assert (
        repr(result)
        == f"ValidationResult(is_valid=False, {len(result.errors)} errors, {len(result.warnings)} warnings)"
    )
    with pytest.raises(cobre.ValidationError) as caught:
        result.raise_for_errors()
    for finding in result.errors:
        assert str(finding) in str(caught.value)
        assert str(finding) in str(result)
    frame = pl.DataFrame(result)
    assert frame.columns == ["severity", "code", "file", "pointer", "message", "value", "hint"]
    assert frame.equals(result.to_polars())
    assert frame["code"].to_list() == [finding.code for finding in result]
    assert pa.table(result).num_rows == len(result)


def test_a_valid_case_has_a_true_answer() -> None:
    result = cobre.validate(FOUR_RESERVOIRS)
    assert result
    assert result.errors == ()
    result.raise_for_errors()
    assert result.to_table().n_rows == len(result.warnings)


def test_a_finding_is_data(broken: Path) -> None:
    finding = next(finding for finding in cobre.validate(broken) if finding.code == "referential.1")
    assert (finding.severity, finding.file, finding.value) == ("error", "system/lines.json", "99")
    assert finding.pointer == "/lines/0/target_bus_id"
    again = cobre.Finding(
        finding.code, finding.severity, finding.file, finding.pointer, finding.message, finding.value, finding.hint
    )
    assert again == finding
    assert hash(again) == hash(finding)
    assert repr(finding).startswith("Finding(error[referential.1] system/lines.json at /lines/0/target_bus_id: ")
    assert pickle.loads(pickle.dumps(finding)) == finding


@pytest.mark.parametrize("read", [cobre.CaseLoader.load, cobre.validate])
def test_a_folder_that_is_not_there_is_an_io_error(read: object, tmp_path: Path) -> None:
    with pytest.raises(cobre.IOError) as caught:
        read(tmp_path / "absent")  # type: ignore[operator]
    assert caught.value.kind == "case_not_readable"
    assert caught.value.path == str(tmp_path / "absent")


@pytest.mark.parametrize("wrong", [3, None, b"datasets", ["datasets"]])
def test_a_path_is_text_or_a_path(wrong: object) -> None:
    with pytest.raises(TypeError):
        cobre.CaseLoader.load(wrong)  # type: ignore[arg-type]


def test_a_store_option_that_nobody_knows_is_refused() -> None:
    with pytest.raises(cobre.IOError, match="no_such_option"):
        cobre.CaseLoader.load("memory://nowhere/case", {"no_such_option": "1"})
