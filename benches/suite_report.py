"""The page of the suite: what was run, on what, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from suite_cases import SuiteCase
from suite_figures import BOUND_TOLERANCE, Measured, spread
from suite_goals import Goal, Scaling, goals, single_run

INTRODUCTION = """\
# Benchmarks of whole runs

Written by `benches/suite.py`: every table, verdict and plot comes from the runs of one session, in which the programs
take turns. To repeat it:

```
./dev setup                                   # once: the tools in .venv
cargo build --release --locked -p cobre-cli
.venv/bin/python benches/suite.py --public <the public tool> --cases <folder with 4ree>
```

The public tool is `cargo install cobre-cli --version 0.18.0 --root <folder of its own>`; its binary has the same name.
`--quick` takes a few minutes, `--case NAME` runs one case, `--seed N` draws the generated systems of an earlier
session, `--limit SECONDS` says what a run may take, `--public-clp PATH` adds a build of the public tool with CLP, and
`--mpi-binary PATH` a binary of ours with the feature `mpi`, for the runs on several ranks. Without `--public` ours are
compared with one another. Whether a test passes depends on none of this.

How the figures are made:

* All runs but those of the scaling are on one thread. CPU time, wall time and peak memory are those that the operating
  system counts for the process.
* All programs have the same openings at every stage: where a case has them drawn, ours draws them once, and all read
  them. The trial points they visit are their own.
* A run trains and does not simulate. What starting, reading and writing cost is taken from a run of one iteration – its
  CPU time less the time of the iteration by its own tables – and subtracted: that leaves the CPU time of the training.
* A problem is one solve of a stage problem, cut activation, gradients and bookkeeping included: CPU time of the
  training by the number of solves. Steps are simplex steps by solves.
* Times within a training share its CPU time by the time that its tables say was spent in the solver.
* The time to the bound is that of the first iteration whose lower bound reaches the least of the last bounds of all
  programs of the case, less 10⁻⁴ of it. Bounds agree if they lie within 10⁻⁴; programs visit different trial points,
  so that bounds of a training that has not converged differ by more.
* Runs that take a few seconds are repeated; the run with the median CPU time counts. A run that would exceed the limit
  is left out, and its line says so.
"""

EMPTY = """
No session is recorded here yet.
"""


@dataclass(frozen=True)
class Machine:
    """What the session ran on."""

    cpu: str
    cores: int
    instruction_sets: str
    date: str


@dataclass
class Session:
    """All of one session."""

    machine: Machine
    seed: int
    quick: bool
    limit_seconds: float
    # Title and version of every program, by key.
    programs: dict[str, str]
    results: list[Measured] = field(default_factory=list)
    targets: dict[str, float] = field(default_factory=dict)
    scaling_case: str = ""
    scaling: list[Scaling] = field(default_factory=list)
    # By trajectories: seconds of the training of two runs of one thread each at the same time.
    at_once: dict[int, float] = field(default_factory=dict)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], n_texts: int = 1) -> str:
    """A table in Markdown; the first `n_texts` columns are text, the others figures."""
    rule = ["---"] * n_texts + ["---:"] * (len(head) - n_texts)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *rows]) + "\n"


def figure(value: float) -> str:
    """A figure with three digits that mean something, and no exponent."""
    if value == 0 or value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def page(session: Session | None, cases: Sequence[SuiteCase], plots: Sequence[tuple[str, str]]) -> str:
    """The whole page; without a session what the suite is."""
    if session is None:
        return INTRODUCTION + EMPTY
    machine = session.machine
    parts = [
        INTRODUCTION,
        "## Session\n",
        f"{machine.date}; {machine.cpu}, {machine.cores} cores, {machine.instruction_sets}; seed {session.seed}, "
        f"a limit of {session.limit_seconds:.0f} s per run{', a quick session' if session.quick else ''}.\n",
        "\n".join(f"* {version}" for version in session.programs.values()) + "\n",
        "All figures as data: [suite.json](suite.json).\n",
        "## Goals\n",
        goal_table(goals(session.results, session.scaling)),
        "## Cost of a stage problem\n",
        cost_table(session, cases),
        *(f"![{text}]({name})\n" for text, name in plots),
        "## Whole runs\n",
        run_table(session, cases),
        "## Time to a bound\n",
        bound_table(session, cases),
        "## Threads and ranks\n",
        scaling_table(session),
    ]
    return "\n".join(parts)


def goal_table(found: Sequence[Goal]) -> str:
    """Goals with what was found."""
    met = sum(goal.met is True for goal in found)
    missed = sum(goal.met is False for goal in found)
    rows = [(goal.text, goal.wanted, goal.found, goal.verdict) for goal in found]
    summary = f"{met} met, {missed} missed, {len(found) - met - missed} not measured.\n\n"
    return summary + table(("goal", "wanted", "found", ""), rows)


def by_case(session: Session, cases: Sequence[SuiteCase]) -> list[tuple[SuiteCase, list[Measured]]]:
    """The results of every case that the session has any of."""
    found = [(case, [result for result in session.results if result.case == case.name]) for case in cases]
    return [(case, results) for case, results in found if results]


def cost_table(session: Session, cases: Sequence[SuiteCase]) -> str:
    """Microseconds and steps per problem of every case and program, beside ours."""
    rows = []
    for case, results in by_case(session, cases):
        ours = next((r.us_per_lp for r in results if r.program == "dual_simplex" and not r.skipped), None)
        for result in results:
            title = title_of(session, result)
            if result.skipped:
                rows.append((case.title, title, result.skipped, "", "", "", ""))
                continue
            times = f"{result.us_per_lp / ours:.2f}" if ours else "–"
            rows.append(
                (
                    case.title,
                    title,
                    f"{result.iterations:,}",
                    f"{result.lp_solves:,}",
                    figure(result.us_per_lp),
                    times,
                    figure(result.steps_per_lp),
                )
            )
    return table(("case", "program", "iterations", "problems", "µs", "to dual simplex", "steps"), rows, 2)


def run_table(session: Session, cases: Sequence[SuiteCase]) -> str:
    """CPU, wall, memory of every case and program."""
    rows = []
    for case, results in by_case(session, cases):
        for result in (result for result in results if not result.skipped):
            command = result.command_cpu_seconds
            rows.append(
                (
                    case.name,
                    title_of(session, result),
                    figure(result.cpu_seconds),
                    figure(result.wall_seconds),
                    figure(result.training_cpu_seconds),
                    figure(result.training_wall_seconds),
                    figure(result.peak_mb),
                    str(result.troubles),
                    "" if command is None else figure(command),
                )
            )
    head = (
        "case",
        "program",
        "CPU (s)",
        "wall (s)",
        "training, CPU (s)",
        "training, wall (s)",
        "peak (MB)",
        "solves tried again",
        "with 100 scenarios, CPU (s)",
    )
    return table(head, rows, 2)


def bound_table(session: Session, cases: Sequence[SuiteCase]) -> str:
    """Lower bounds, whether they agree, and CPU time to the one that all reach."""
    rows = []
    for case, results in by_case(session, cases):
        done = [result for result in results if not result.skipped]
        if len(done) < 2:
            continue
        distance = spread([result.lower_bound for result in done])
        agree = "yes" if distance <= BOUND_TOLERANCE else f"no: {100 * distance:.2g} %"
        for result in done:
            reached = result.seconds_to_bound
            rows.append(
                (
                    case.name,
                    title_of(session, result),
                    agree,
                    f"{result.lower_bound:.7e}",
                    f"{session.targets[case.name]:.7e}",
                    "not reached" if reached is None else figure(reached),
                )
            )
    if not rows:
        return "No case was run by two programs.\n"
    return table(("case", "program", "bounds agree", "last bound", "bound to reach", "CPU (s) to it"), rows, 3)


def scaling_table(session: Session) -> str:
    """Wall time of the training for ranks and threads."""
    if not session.scaling:
        return "Not run in this session.\n"
    rows = []
    for run in session.scaling:
        key = (str(run.passes), str(run.ranks), str(run.threads))
        if run.skipped:
            rows.append((*key, run.skipped, "", "", ""))
            continue
        one = single_run(session.scaling, run.passes)
        times = f"{one.training_wall_seconds / run.training_wall_seconds:.2f}" if one else "–"
        same = "–" if one is None else "yes" if run.policy_digest == one.policy_digest else "**no**"
        wall, milliseconds = figure(run.training_wall_seconds), f"{run.pass_milliseconds:.0f}"
        rows.append((*key, wall, times, milliseconds, same))
    head = ("trajectories", "ranks", "threads", "training, wall (s)", "speed-up", "an iteration (ms)", "same policy")
    title = f"`{session.scaling_case}`, dual simplex, the least of several runs in turn.\n\n"
    return title + table(head, rows, 0) + "".join(ceilings(session))


def ceilings(session: Session) -> Iterator[str]:
    """What two cores of the machine can give at most, beside whoever else uses it."""
    for passes, seconds in sorted(session.at_once.items()):
        one = single_run(session.scaling, passes)
        if one is not None:
            yield (
                f"\nTwo runs on one thread each at the same time, {passes} trajectories: {figure(seconds)} s, so two "
                f"cores did {2 * one.training_wall_seconds / seconds:.2f} times the work of one.\n"
            )


def title_of(session: Session, result: Measured) -> str:
    """The title of a program without its version."""
    return session.programs[result.program].partition(",")[0]
