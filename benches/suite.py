"""Whole runs of `cobre` with each of its solvers, beside the public tool: tables, verdicts and plots of one session.

    .venv/bin/python benches/suite.py --public PATH [--quick] [--case NAME] [--seed N]

Writes README.md, suite.json and the plots of docs/benchmarks, or of `--output`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import secrets
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from suite_cases import (
    CASES,
    ROOT,
    SuiteCase,
    ask_for_openings,
    chosen,
    copy_case,
    draws_openings,
    find_case,
    give_openings,
    n_stages,
)
from suite_figures import Measured, add_time_to_bound, estimate_seconds, measured, overhead_seconds
from suite_goals import Scaling
from suite_plots import draw_plots
from suite_report import Machine, Session, page
from suite_runs import Program, RunError, Training, Usage, policy_digest, read_training, read_version, run

# A run that takes no longer is repeated.
SHORT_SECONDS = 8.0
REPEATS = 3
# The case whose whole command, with this many scenarios and all outputs, has a goal.
COMMAND_CASE, COMMAND_SCENARIOS = "4ree", 100
SCALING_CASE = "plants-40-ar0"
# Trajectories per iteration; the case has the first number.
SCALING_PASSES = (8, 32)
# Whoever else uses the machine disturbs runs on all of its cores most, so these are shorter than others and more.
SCALING_REPEATS = 12
SCALING_SHARE = 0.5
# An estimate is no promise: a run is stopped when it takes this many times the limit.
PATIENCE = 2.0


@dataclass
class Candidate:
    """A program about to run a case."""

    program: Program
    overhead: float
    estimate: float
    runs: list[tuple[Usage, Training]]


class Suite:
    """A session while it runs."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options = options
        self.folder = folder
        self.programs = programs(options)
        seed = secrets.randbelow(1_000_000_000) if options.seed is None else options.seed
        titles = {program.key: program.title for program in self.programs}
        self.session = Session(machine(), seed, options.quick, options.limit, titles)
        self._versions: dict[str, str] = {}

    def run_case(self, case: SuiteCase) -> None:
        """Runs every program on one case, in turn."""
        iterations = case.n_iterations(self.options.quick)
        if iterations is None:
            return
        say(f"{case.name}: iterations: {iterations}")
        wanted = [program for program in self.programs if case.programs is None or program.key in case.programs]
        try:
            data = self.find(case)
        except RunError as error:
            self.session.results += [Measured(case.name, program.key, str(error)) for program in wanted]
            return
        results: dict[str, Measured] = {}
        candidates = []
        first = copy_case(data, self.folder / "first", 1, None)
        for program in wanted:
            try:
                candidates.append(self.candidate(program, first, iterations))
            except RunError as error:
                results[program.key] = Measured(case.name, program.key, str(error))
        whole = copy_case(data, self.folder / "whole", iterations, None)
        for repeat in range(1 if self.options.quick else REPEATS):
            for candidate in candidates:
                if candidate.program.key in results or (repeat > 0 and candidate.estimate > SHORT_SECONDS):
                    continue
                try:
                    usage, training = self.train(candidate.program, whole)
                except RunError as error:
                    results[candidate.program.key] = Measured(case.name, candidate.program.key, str(error))
                    continue
                candidate.runs.append((usage, training))
                say(f"  {candidate.program.key}: {usage.cpu_seconds:.2f} s, {usage.peak_mb:.0f} MB")
        for candidate in candidates:
            if candidate.program.key not in results:
                results[candidate.program.key] = measured(
                    case.name, candidate.program.key, candidate.overhead, candidate.runs, n_stages(data)
                )
        if case.name == COMMAND_CASE:
            self.run_command(data, iterations, results)
        ordered = [results[program.key] for program in wanted]
        target = add_time_to_bound(ordered)
        if target is not None:
            self.session.targets[case.name] = target
        self.session.results += ordered

    def candidate(self, program: Program, first: Path, iterations: int) -> Candidate:
        """A run of one iteration: what there is beside the training, and what the whole will take."""
        usage, training = self.train(program, first)
        estimate = estimate_seconds(usage, training, iterations)
        if estimate > self.options.limit:
            raise RunError(f"skipped: some {estimate:.0f} s, above the limit of {self.options.limit:.0f} s")
        return Candidate(program, overhead_seconds(usage, training), estimate, [])

    def train(self, program: Program, case: Path, threads: int = 1) -> tuple[Usage, Training]:
        """One run, and its tables."""
        output = self.empty_output()
        usage = run(program, case, output, threads, PATIENCE * self.options.limit)
        self._versions.setdefault(program.key, read_version(output))
        return usage, read_training(output)

    def run_command(self, data: Path, iterations: int, results: dict[str, Measured]) -> None:
        """The whole command with a simulation, for those that trained."""
        case = copy_case(data, self.folder / "command", iterations, COMMAND_SCENARIOS)
        for program in self.programs:
            result = results.get(program.key)
            if result is None or result.skipped:
                continue
            runs = 1 if self.options.quick or result.cpu_seconds > SHORT_SECONDS else REPEATS
            limit = PATIENCE * self.options.limit
            times = sorted(run(program, case, self.empty_output(), 1, limit).cpu_seconds for _ in range(runs))
            result.command_cpu_seconds = times[(runs - 1) // 2]
            say(f"  {program.key}: {result.command_cpu_seconds:.2f} s with {COMMAND_SCENARIOS} scenarios")

    def run_scaling(self) -> None:
        """One case on one and two threads, and on one and two ranks, with few trajectories and with many."""
        (case,) = chosen([SCALING_CASE])
        iterations = case.n_iterations(self.options.quick)
        assert iterations is not None
        data = self.find(case)
        self.session.scaling_case = case.name
        for passes in SCALING_PASSES:
            # As many problems with many trajectories as with few.
            fewer = max(2, round(SCALING_SHARE * iterations * SCALING_PASSES[0] / passes))
            copied = copy_case(data, self.folder / f"scaling-{passes}", fewer, None, passes)
            found: dict[tuple[int, int], Scaling] = {}
            for _ in range(1 if self.options.quick else SCALING_REPEATS):
                for ranks, threads in [(1, 1), (1, 2), (2, 1), (2, 2)]:
                    once = self.run_scaled(copied, passes, ranks, threads)
                    best = found.get((ranks, threads))
                    if best is None or once.skipped or once.training_wall_seconds < best.training_wall_seconds:
                        found[ranks, threads] = once
                seconds = self.run_at_once(copied)
                if seconds is not None:
                    self.session.at_once[passes] = min(seconds, self.session.at_once.get(passes, seconds))
            self.session.scaling.extend(found.values())

    def run_at_once(self, case: Path) -> float | None:
        """Wall time of the training of two runs of one thread each at the same time: that of the longer one."""
        say("scaling: two runs at once")
        program = Program("scaling", "scaling", (str(self.options.cobre),))
        outputs = [self.empty_output(name) for name in ("output", "output-too")]

        def train(output: Path) -> float:
            run(program, case, output, 1, PATIENCE * self.options.limit)
            return read_training(output).wall_seconds

        try:
            with ThreadPoolExecutor(len(outputs)) as pool:
                return max(pool.map(train, outputs))
        except RunError as error:
            say(f"  {error}")
            return None

    def run_scaled(self, case: Path, passes: int, ranks: int, threads: int) -> Scaling:
        """A case on some ranks and threads."""
        say(f"scaling: {passes} trajectories, {ranks} ranks of {threads} threads")
        mpi = self.options.mpi_binary
        missing = Scaling(passes, ranks, threads, 0.0, 0.0, 0.0, 0.0, "", "needs a binary with the feature mpi")
        if ranks > 1 and not mpi:
            return missing
        launcher = ["mpiexec", "-n", str(ranks), "--oversubscribe", "--allow-run-as-root"] if ranks > 1 else []
        program = Program("scaling", "scaling", (*launcher, str(mpi or self.options.cobre)))
        output = self.empty_output()
        try:
            usage = run(program, case, output, threads, PATIENCE * self.options.limit)
        except RunError as error:
            return replace(missing, skipped=str(error))
        training = read_training(output)
        return Scaling(
            passes,
            ranks,
            threads,
            training.wall_seconds,
            usage.cpu_seconds,
            1e3 * training.wall_seconds / len(training.iterations),
            training.iterations[-1].lower_bound,
            policy_digest(output),
        )

    def find(self, case: SuiteCase) -> Path:
        """The data of a case, with the same openings for every program.

        Every system has a seed of its own, the same in every session of the same seed.
        """
        data = find_case(case, self.folder / "generated", self.options.cases, self.session.seed + CASES.index(case))
        if data is None:
            raise RunError("the case is not there")
        if not draws_openings(data):
            return data
        shared = copy_case(data, self.folder / "shared", 1, None)
        ask_for_openings(shared)
        output = self.empty_output()
        run(self.programs[0], shared, output, 1, PATIENCE * self.options.limit)
        give_openings(shared, output)
        return shared

    def empty_output(self, name: str = "output") -> Path:
        """A folder for the outputs of one run; those of the run before are gone."""
        output = self.folder / name
        shutil.rmtree(output, ignore_errors=True)
        return output

    def write(self, folder: Path) -> None:
        """Writes page, data and plots."""
        folder.mkdir(parents=True, exist_ok=True)
        for key, version in self._versions.items():
            if key in self.session.programs:
                self.session.programs[key] += f", {version}"
        (folder / "suite.json").write_text(data_text(self.session))
        plots = draw_plots(self.session, CASES, folder)
        (folder / "README.md").write_text(page(self.session, CASES, plots))


def data_text(session: Session) -> str:
    """The session as JSON, a line for every result."""
    data = asdict(session)
    lines = {key: data.pop(key) for key in ("results", "scaling")}
    text = json.dumps(data, indent=1, ensure_ascii=False)[:-2]
    for key, records in lines.items():
        rows = ",\n  ".join(json.dumps(rounded(record), ensure_ascii=False) for record in records)
        text += f',\n "{key}": [\n  {rows}\n ]' if records else f',\n "{key}": []'
    return text + "\n}\n"


def rounded(value: object) -> object:
    """The same with at most nine digits per number."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


def programs(options: argparse.Namespace) -> list[Program]:
    """The programs that were asked for."""
    ours = (str(options.cobre),)
    found = [
        Program("dual_simplex", "cobre with the dual simplex", ours, ("--solver", "dual_simplex")),
        Program("highs", "cobre with HiGHS", ours, ("--solver", "highs")),
    ]
    if options.public:
        found.append(Program("public", "public tool", (str(options.public),)))
    if options.public_clp:
        found.append(Program("public_clp", "public tool with CLP", (str(options.public_clp),)))
    return found


def machine() -> Machine:
    """What this machine says of itself, without names that only it has."""
    facts: dict[str, str] = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    known = facts.get("flags", "").split()
    sets = [title for flag, title in [("avx2", "AVX2"), ("avx512f", "AVX-512")] if flag in known]
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    name = facts.get("model name", "a CPU without a name")
    return Machine(name, os.cpu_count() or 1, " and ".join(sets) or "no AVX", date)


def say(text: str) -> None:
    """A line of progress."""
    print(text, flush=True)


def parse_arguments() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cobre", type=Path, default=ROOT / "target" / "release" / "cobre", help="our binary")
    parser.add_argument("--mpi-binary", type=Path, help="our binary built with the feature mpi, for runs on two ranks")
    parser.add_argument("--public", type=Path, help="binary of the public tool, run beside ours")
    parser.add_argument("--public-clp", type=Path, help="binary of the public tool built with CLP")
    parser.add_argument("--cases", type=Path, default=ROOT.parent / "shared" / "cases", help="folder with 4ree")
    parser.add_argument("--case", action="append", default=[], metavar="NAME", help="run this case; may be repeated")
    parser.add_argument("--quick", action="store_true", help="few iterations, one run each, no long cases")
    parser.add_argument("--seed", type=int, help="seed of the generated systems [default: drawn]")
    parser.add_argument("--limit", type=float, default=450.0, help="seconds a run may take (%(default)s)")
    parser.add_argument("--no-scaling", action="store_true", help="no runs on several threads and ranks")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks", help="where the page goes")
    options = parser.parse_args()
    for name in ("cobre", "mpi_binary", "public", "public_clp"):
        binary = getattr(options, name)
        if binary is not None and shutil.which(binary) is None:
            parser.error(f"--{name.replace('_', '-')}: {binary} is no program")
    try:
        chosen(options.case)
    except ValueError as error:
        parser.error(str(error))
    return options


def main() -> None:
    options = parse_arguments()
    with tempfile.TemporaryDirectory() as name:
        suite = Suite(options, Path(name))
        say(f"seed {suite.session.seed}")
        # Interrupted, a session keeps the cases that it has.
        try:
            for case in chosen(options.case):
                suite.run_case(case)
            if not options.no_scaling:
                suite.run_scaling()
        finally:
            suite.write(options.output)
            say(f"written to {options.output}")


if __name__ == "__main__":
    main()
