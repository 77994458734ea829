"""Runs of several processes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal

import cobre
from program import cobre_program, cobre_program_with_mpi
from studies import LONG, SMALL, iterations
from test_training import rows


def test_the_extension_does_not_link_mpi() -> None:
    from cobre import _cobre

    assert _cobre.__file__ is not None
    listed = subprocess.run(["ldd", _cobre.__file__], capture_output=True, text=True, check=True).stdout
    libraries = re.findall(r"^\s*(\S+)", listed, flags=re.MULTILINE)
    assert "libc.so.6" in libraries
    assert not [name for name in libraries if re.match(r"lib(open-)?(mpi|pmix|mpich|prrte)", name)]
    # Nor does anything of it come with the package later on.
    assert not [line for line in Path("/proc/self/maps").read_text().splitlines() if "libmpi" in line]


def test_two_ranks_give_the_results_of_this_process(case: cobre.Case, tmp_path: Path) -> None:
    events: list[dict[str, Any]] = []
    outputs = cobre.launch(
        case,
        2,
        config_overrides=SMALL,
        output=tmp_path / "ranks",
        threads=1,
        program=cobre_program_with_mpi(),
        progress=events.append,
    )
    assert isinstance(outputs, cobre.Outputs)
    assert outputs.manifest["ranks"] == 2
    trained = cobre.train(case, SMALL)
    simulated = cobre.simulate(case, trained, SMALL)
    assert outputs.policy() == trained.policy
    for result in (trained, simulated):
        for name in result.names:
            if name.endswith("timing"):
                continue
            assert_frame_equal(rows(outputs[name]), rows(result[name]))
    assert events[0]["ranks"] == 2
    assert [event["iteration"] for event in events if event.get("phase") == "training"] == [1, 2]


def test_one_rank_needs_no_launcher(case: cobre.Case, tmp_path: Path) -> None:
    launch: dict[str, Any] = {"output": tmp_path, "program": cobre_program(), "mpiexec": ("no-such-launcher",)}
    outputs = cobre.launch(case.with_(config=SMALL), 1, **launch)
    assert outputs.policy() == cobre.train(case, SMALL).policy
    again = cobre.launch(case, 1, config_overrides=iterations(3), resume=True, **launch)
    assert again.policy() == cobre.train(case, iterations(3)).policy
    with pytest.raises(cobre.ArgumentError, match="no-such-launcher"):
        cobre.launch(case, 2, **launch)


def test_a_policy_goes_with_the_run(case: cobre.Case, trained: cobre.TrainingResult, tmp_path: Path) -> None:
    trained.policy.save(tmp_path / "policy")
    expected = cobre.simulate(case, trained, SMALL)
    without_training = {**SMALL, "training": {"enabled": False}}
    policies: list[cobre.TrainingResult | cobre.Policy | Path] = [trained, trained.policy, tmp_path / "policy"]
    for number, policy in enumerate(policies):
        outputs = cobre.launch(
            case,
            1,
            config_overrides=without_training,
            output=tmp_path / str(number),
            policy=policy,
            program=cobre_program(),
        )
        assert_frame_equal(rows(outputs["hydros"]), rows(expected["hydros"]))


def test_ctrl_c_stops_the_ranks_in_order(case: cobre.Case, tmp_path: Path) -> None:
    def hear(event: dict[str, Any]) -> None:
        if event.get("iteration") == 2:
            os.kill(os.getpid(), signal.SIGINT)

    launch: dict[str, Any] = {"output": tmp_path, "threads": 1, "program": cobre_program_with_mpi()}
    with pytest.raises(KeyboardInterrupt) as caught:
        cobre.launch(case, 2, config_overrides=LONG, progress=hear, **launch)
    stopped: cobre.Outputs = caught.value.result  # type: ignore[attr-defined]
    done = stopped.policy().iterations
    assert done >= 2
    more = {**SMALL, **iterations(done + 1)}
    outputs = cobre.launch(case, 2, config_overrides=more, resume=True, **launch)
    assert outputs.policy() == cobre.train(case, more).policy


def test_a_request_stops_the_run(case: cobre.Case, tmp_path: Path) -> None:
    stop = cobre.StopRequest()

    def hear(event: dict[str, Any]) -> None:
        if event.get("iteration") == 1:
            stop.request()

    outputs = cobre.launch(
        case, 1, config_overrides=LONG, output=tmp_path, program=cobre_program(), progress=hear, stop=stop
    )
    assert outputs.manifest["status"] == "partial"


def test_errors_of_the_program_are_those_of_the_package(case: cobre.Case, datasets: Path, tmp_path: Path) -> None:
    program = cobre_program()
    broken = tmp_path / "broken"
    case.write(broken)
    (broken / "config.json").write_text('{"training": {"patience": 3}}')
    with pytest.raises(cobre.ValidationError) as caught:
        cobre.launch(broken, 1, output=tmp_path / "out", program=program)
    assert any(finding["file"] == "config.json" for finding in caught.value.findings)
    with pytest.raises(cobre.IOError):
        cobre.launch(tmp_path / "nowhere", 1, output=tmp_path / "out", program=program)
    with pytest.raises(cobre.ArgumentError, match="at least 1"):
        cobre.launch(case, 0, output=tmp_path / "out", program=program)
    with pytest.raises(cobre.ArgumentError, match="no program") as named:
        cobre.launch(case, 1, output=tmp_path / "out", program=tmp_path / "cobre")
    assert "COBRE_PROGRAM" in str(named.value.suggestion)
    with pytest.raises(cobre.InternalError, match="told no result"):
        cobre.launch(case, 1, output=tmp_path / "out", program="false")


def test_the_program_is_found_by_the_environment(
    case: cobre.Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COBRE_PROGRAM", str(cobre_program()))
    outputs = cobre.launch(case, 1, config_overrides=SMALL, output=tmp_path)
    assert outputs.run == 1


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        (1, "this program was built without MPI; hint: build it with MPI", cobre.ArgumentError),
        (2, "cannot read the policy", cobre.IOError),
        (3, "backward stage problem is infeasible: stage 3, opening 1, iteration 2, trajectory 0", cobre.SolverError),
        (4, "a defect", cobre.InternalError),
    ],
)
def test_exit_codes_become_exceptions(
    case: cobre.Case, tmp_path: Path, code: int, message: str, error: type[cobre.CobreError]
) -> None:
    result = {"type": "result", "exit_code": code, "errors": [{"message": message}], "summary": None}
    program = tmp_path / "cobre"
    program.write_text(f"#!/bin/sh\necho '{json.dumps(result)}'\nexit {code}\n")
    program.chmod(0o755)
    with pytest.raises(error) as caught:
        cobre.launch(case, 1, output=tmp_path / "out", program=program)
    told = caught.value
    assert type(told) is error
    assert told.message == message.partition("; hint: ")[0]
    assert told.suggestion == (message.partition("; hint: ")[2] or None)
    assert told.context["exit_code"] == code
    if isinstance(told, cobre.SolverError):
        assert (told.stage_id, told.opening, told.iteration) == (3, 1, 2)


def test_the_display_is_that_of_training(case: cobre.Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cobre.launch(case, 1, config_overrides=SMALL, output=tmp_path, program=cobre_program(), progress=True)
    told = capsys.readouterr().err
    assert "iteration 1/2  lower bound" in told
    assert "simulated 32/32 scenarios" in told
    assert sys.stderr is not None
