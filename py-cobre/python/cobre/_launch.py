"""Runs of several processes: `mpiexec cobre run`, watched from here. MPI stays out of this process."""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cobre import errors
from cobre._cobre.case import Case, CaseLoader
from cobre._cobre.outputs import Outputs
from cobre._cobre.outputs import open as open_outputs
from cobre._cobre.policy import Policy
from cobre._cobre.training import StopRequest, TrainingResult
from cobre._progress import Progress, listener

_WAIT_SECONDS = 0.05
_MESSAGES_KEPT = 40
_STOPPED = 5

# What a process may take from its environment; other options of a store are arguments.
_FROM_ENVIRONMENT = ("aws_", "azure_", "google_")

_STAGE_PROBLEM = re.compile(
    r"^(?P<phase>\w+) stage problem .*: stage (?P<stage_id>-?\d+), opening (?P<opening>\d+)"
    r"(?:, iteration (?P<iteration>\d+))?"
)


def launch(
    case: Case | str | os.PathLike[str],
    ranks: int,
    *,
    output: str | os.PathLike[str],
    config_overrides: Mapping[str, Any] | None = None,
    policy: Policy | TrainingResult | str | os.PathLike[str] | None = None,
    run: int | None = None,
    resume: bool = False,
    threads: int | None = None,
    solver: str | None = None,
    progress: Progress = None,
    stop: StopRequest | None = None,
    program: str | os.PathLike[str] | None = None,
    mpiexec: Sequence[str] = ("mpiexec",),
    storage_options: Mapping[str, str] | None = None,
) -> Outputs:
    """Runs a case with several ranks: `mpiexec -n RANKS cobre run CASE`, as processes of their own.

    Trains and simulates as the configuration of the case says. This process neither computes nor uses MPI; it waits,
    shows the progress, and opens the results. They are the same, bit by bit, for any number of ranks.

    Args:
        case: a case, which is written to a temporary folder first, or the place of one that all ranks reach. On a
            cluster a place is better: ranks on other machines do not see this one's temporary folders.
        ranks: how many processes; 1 runs without `mpiexec`.
        output: folder or URL of the results, which all ranks reach.
        config_overrides: changes of the configuration of the case, as for `train`.
        policy: what training, or a simulation without training, starts from: a policy, or the place of one.
        run: number of the run; the next free one by default. With `resume` the run to go on with.
        resume: whether to go on with what is left of a run.
        threads: worker threads of every rank; by default the ranks of a machine share its cores.
        solver: `dual_simplex` or `highs`; by default what the case says.
        progress: as for `train`.
        stop: a request to stop that another thread can make; Ctrl-C is one as well.
        program: the program `cobre`, with MPI; by default the environment variable `COBRE_PROGRAM`, else what is found
            on the path.
        mpiexec: the launcher and options of yours for it, e.g. `("srun", "--mpi=pmix")`.
        storage_options: options of the stores of case and output.

    Returns:
        The outputs, opened at the new run.

    Raises:
        ValidationError: the case breaks rules of the format.
        ArgumentError: an option does not fit what it is about, or there is no such program.
        IOError: something cannot be read or written.
        SolverError: a stage problem has no solution.
        InternalError: a defect of the program, or a rank that died.
        KeyboardInterrupt: after Ctrl-C, when the ranks have stopped in order; what was done is its attribute `result`.
    """
    if ranks < 1:
        raise errors.ArgumentError(f"ranks: at least 1 is needed, found {ranks}", kind="argument")
    executable = _find_program(program)
    with tempfile.TemporaryDirectory(prefix="cobre-launch-") as scratch:
        folder = Path(scratch)
        stop_file = folder / "stop"
        command = [*_launcher(mpiexec, ranks), executable, "run", _place_of_case(case, config_overrides, folder)]
        command += ["--json", "--output", os.fspath(output), "--stop-file", str(stop_file)]
        for option, value in (("--threads", threads), ("--run", run), ("--solver", solver)):
            if value is not None:
                command += [option, str(value)]
        if policy is not None:
            command += ["--policy", _place_of_policy(policy, folder)]
        if resume:
            command.append("--resume")
        environment = _environment(storage_options or {}, command)
        hears = listener(progress)
        try:
            with _started(command, environment) as job:
                ended = _watch(job, hears, stop_file, stop)
        finally:
            hears.close()
    return _conclude(ended, output, storage_options)


class _Ended:
    """How a job has ended."""

    def __init__(self, code: int, result: dict[str, Any] | None, messages: str, interruption: BaseException | None):
        self.code = code
        self.result = result
        self.messages = messages
        self.interruption = interruption


class _Job:
    """A running job, whose two outputs are read on threads of their own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.messages: deque[str] = deque(maxlen=_MESSAGES_KEPT)
        self._readers = [
            threading.Thread(target=self._read_events, args=(process.stdout,), daemon=True),
            threading.Thread(target=self._read_messages, args=(process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_events(self, stream: IO[str]) -> None:
        for line in stream:
            self.lines.put(line)
        self.lines.put(None)

    def _read_messages(self, stream: IO[str]) -> None:
        self.messages.extend(stream)

    def end(self) -> int:
        """Waits for the end; the exit code."""
        code = self.process.wait()
        for reader in self._readers:
            reader.join()
        return code

    def kill(self) -> None:
        """Ends the launcher and all that it has started."""
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
        except ProcessLookupError:
            return


@contextmanager
def _started(command: list[str], environment: dict[str, str]) -> Iterator[_Job]:
    try:
        # A session of its own: Ctrl-C comes here alone, and the ranks are asked to stop by a file.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise errors.ArgumentError(
            f"{command[0]} cannot be started: {error}",
            kind="argument",
            context={"argument": "mpiexec"},
            suggestion="install an MPI launcher, or name yours by mpiexec=",
        ) from error
    job = _Job(process)
    try:
        yield job
    finally:
        if process.poll() is None:
            job.kill()
        job.end()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _watch(job: _Job, hears: Any, stop_file: Path, stop: StopRequest | None) -> _Ended:
    """Hands the events on until the job has ended."""
    result: dict[str, Any] | None = None
    interruption: BaseException | None = None
    while True:
        try:
            try:
                line = job.lines.get(timeout=_WAIT_SECONDS)
            except queue.Empty:
                if stop is not None and stop.is_requested:
                    stop_file.touch()
                continue
            if line is None:
                break
            event = _event(line)
            if event is None:
                job.messages.append(line)
            elif event["type"] == "result":
                result = event
            elif interruption is None:
                hears(event)
        except BaseException as raised:
            if interruption is not None and isinstance(raised, KeyboardInterrupt):
                # Asked twice: the job is ended at once.
                job.kill()
                raise
            if not isinstance(raised, KeyboardInterrupt | Exception):
                raise
            interruption = raised
            stop_file.touch()
    return _Ended(job.end(), result, "".join(job.messages).strip(), interruption)


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        return None
    return event if isinstance(event, dict) and "type" in event else None


def _conclude(ended: _Ended, output: str | os.PathLike[str], storage_options: Mapping[str, str] | None) -> Outputs:
    """The outputs, or the error that the job has ended with."""
    if ended.result is None or ended.result["summary"] is None:
        raise _failure(ended) from ended.interruption
    run = int(ended.result["summary"]["run"])
    outputs = open_outputs(output, run=run, storage_options=dict(storage_options or {}))
    if ended.interruption is not None:
        ended.interruption.result = outputs  # type: ignore[attr-defined]
        raise ended.interruption
    return outputs


def _failure(ended: _Ended) -> errors.CobreError:
    """The exception that an exit code and the last event stand for."""
    if ended.result is None:
        return errors.InternalError(
            f"the ranks ended with code {ended.code} and told no result: {ended.messages or 'no message'}",
            kind="launch",
            context={"exit_code": ended.code},
        )
    found: list[dict[str, Any]] = ended.result["errors"]
    code = int(ended.result["exit_code"])
    context: dict[str, Any] = {"exit_code": code}
    if code == 1 and any("code" in one for one in found):
        errors_found = [one for one in found if one.get("severity") == "error"]
        lines = [f"{one['file']} {one['pointer']}: {one['message']}" for one in errors_found]
        message = "\n".join([f"the case has {len(errors_found)} errors", *lines])
        return errors.ValidationError(message, kind="invalid_case", context={**context, "findings": found})
    message = found[0]["message"] if found else f"the ranks ended with code {code}"
    message, _, hint = message.partition("; hint: ")
    suggestion = hint or None
    if code == 1:
        return errors.ArgumentError(message, kind="refused", context=context, suggestion=suggestion)
    if code == 2:
        return errors.IOError(message, kind="io", context=context, suggestion=suggestion)
    if code == 3:
        where = _STAGE_PROBLEM.match(message)
        numbers = {} if where is None else where.groupdict(default="0")
        facts = {name: value if name == "phase" else int(value) for name, value in numbers.items()}
        return errors.SolverError(message, kind="solver_failure", context={**context, **facts}, suggestion=suggestion)
    return errors.InternalError(message, kind="launch", context=context, suggestion=suggestion)


def _find_program(program: str | os.PathLike[str] | None) -> str:
    wanted = os.fspath(program) if program is not None else os.environ.get("COBRE_PROGRAM", "cobre")
    found = shutil.which(wanted)
    if found is None:
        raise errors.ArgumentError(
            f"program: there is no program {wanted}",
            kind="argument",
            context={"argument": "program"},
            suggestion="build it with MPI (cargo build --release -p cobre-cli --features mpi) and name it by program= "
            "or by the environment variable COBRE_PROGRAM",
        )
    return os.path.abspath(found)  # noqa: PTH100 - a link to the program stays one


def _launcher(mpiexec: Sequence[str], ranks: int) -> list[str]:
    return [] if ranks == 1 else [*mpiexec, "-n", str(ranks)]


def _environment(storage_options: Mapping[str, str], command: list[str]) -> dict[str, str]:
    """The environment of the ranks. Credentials go into it, where other users of the machine do not see them."""
    environment = dict(os.environ)
    # Open MPI: as many ranks as asked for; others do not know these variables.
    environment.setdefault("OMPI_MCA_rmaps_base_oversubscribe", "1")
    environment.setdefault("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe")
    if os.geteuid() == 0:
        environment.setdefault("OMPI_ALLOW_RUN_AS_ROOT", "1")
        environment.setdefault("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")
    for key, value in storage_options.items():
        if key.lower().startswith(_FROM_ENVIRONMENT):
            environment[key.upper()] = value
        else:
            command += ["--storage-option", f"{key}={value}"]
    return environment


def _place_of_case(
    case: Case | str | os.PathLike[str], config_overrides: Mapping[str, Any] | None, folder: Path
) -> str:
    if not isinstance(case, Case):
        if config_overrides is None:
            return os.fspath(case)
        case = CaseLoader.load(case)
    if config_overrides is not None:
        case = case.with_(config=dict(config_overrides))
    place = folder / case.name
    case.write(place)
    return str(place)


def _place_of_policy(policy: Policy | TrainingResult | str | os.PathLike[str], folder: Path) -> str:
    if isinstance(policy, TrainingResult):
        policy = policy.policy
    if isinstance(policy, Policy):
        place = folder / "policy"
        policy.save(place)
        return str(place)
    return os.fspath(policy)
