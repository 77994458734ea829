"""The plots of the suite, as SVG files that are the same for the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from suite_cases import SuiteCase
from suite_figures import Measured
from suite_goals import single_run
from suite_report import Session

COLOURS = {"dual_simplex": "#0b6e4f", "highs": "#e09f3e", "public": "#3d5a80", "public_clp": "#98c1d9"}


def draw_plots(session: Session, cases: Sequence[SuiteCase], folder: Path) -> list[tuple[str, str]]:
    """Writes what the session has figures for; returns text and file name of each plot."""
    plt.rcParams.update({"svg.hashsalt": "cobre", "svg.fonttype": "none", "font.size": 9})
    done = [result for result in session.results if not result.skipped]
    plots = []
    for text, name, figure in [
        ("CPU time per problem", "cost.svg", cost_figure(session, cases, done)),
        ("CPU time per problem against cuts per stage", "cuts.svg", cut_figure(session, cases, done)),
        ("CPU time per problem against plants, and speed-up", "scaling.svg", scaling_figure(session, cases, done)),
    ]:
        (folder / name).unlink(missing_ok=True)
        if figure is not None:
            figure.savefig(folder / name, metadata={"Date": None, "Creator": None}, bbox_inches="tight")
            plt.close(figure)
            plots.append((text, name))
    return plots


def cost_figure(session: Session, cases: Sequence[SuiteCase], done: Sequence[Measured]) -> Figure | None:
    """Bars of every case and program, on a logarithmic scale."""
    names = [case.name for case in cases if any(result.case == case.name for result in done)]
    if not names:
        return None
    figure, axes = plt.subplots(figsize=(8.0, 1.0 + 0.42 * len(names)))
    height = 0.8 / len(session.programs)
    for place, (program, title) in enumerate(session.programs.items()):
        found = {result.case: result.us_per_lp for result in done if result.program == program}
        at = [names.index(name) + (place - 0.5 * (len(session.programs) - 1)) * height for name in found]
        axes.barh(at, list(found.values()), height, label=title, color=COLOURS[program])
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("µs of CPU time per problem")
    axes.grid(axis="x", alpha=0.3)
    below(axes)
    return figure


def cut_figure(session: Session, cases: Sequence[SuiteCase], done: Sequence[Measured]) -> Figure | None:
    """A panel per case of which a program has more than three points."""
    names = [case.name for case in cases if any(result.case == case.name and len(result.curve) > 3 for result in done)]
    if not names:
        return None
    columns = min(3, len(names))
    lines = -(-len(names) // columns)
    figure, grid = plt.subplots(lines, columns, figsize=(3.1 * columns, 2.4 * lines), squeeze=False)
    for place, axes in enumerate(grid.flat):
        if place >= len(names):
            axes.axis("off")
            continue
        for result in (result for result in done if result.case == names[place]):
            cuts, cost = zip(*result.curve)
            title = session.programs[result.program]
            axes.plot(cuts, cost, marker=".", color=COLOURS[result.program], label=title)
        axes.set_title(names[place], fontsize=9)
        set_log_scale(axes)
        axes.grid(alpha=0.3)
    figure.supxlabel("cuts per stage")
    figure.supylabel("µs of CPU time per problem")
    below_all(figure, grid.flat[0])
    figure.tight_layout()
    return figure


def scaling_figure(session: Session, cases: Sequence[SuiteCase], done: Sequence[Measured]) -> Figure | None:
    """Cost against plants, and speed-up of ranks and threads."""
    plants = {case.name: (case.plants, case.ar_order) for case in cases if case.plants is not None}
    runs = [run for run in session.scaling if not run.skipped]
    if not runs and not any(result.case in plants for result in done):
        return None
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.0, 3.0))
    for program, title in session.programs.items():
        for order, style in [(0, "-"), (6, "--")]:
            points = sorted(
                (plants[result.case][0] or 0, result.us_per_lp)
                for result in done
                if result.program == program and plants.get(result.case, (None, None))[1] == order
            )
            if points:
                label = title if order == 0 else None
                left.plot(*zip(*points), style, marker=".", color=COLOURS[program], label=label)
    set_log_scale(left)
    left.set_xlabel("plants; AR(0) full, AR(6) dashed")
    left.set_ylabel("µs of CPU time per problem")
    left.grid(alpha=0.3)
    numbers = sorted({run.passes for run in runs})
    width = 0.8 / max(len(numbers), 1)
    for place, passes in enumerate(numbers):
        one = single_run(runs, passes)
        of_number = [run for run in runs if run.passes == passes]
        if one is None:
            continue
        bars = [(k + (place + 0.5) * width - 0.4) for k in range(len(of_number))]
        heights = [one.training_wall_seconds / run.training_wall_seconds for run in of_number]
        right.bar(
            bars, heights, width, label=f"{passes} trajectories", alpha=1.0 - 0.4 * place, color=COLOURS["dual_simplex"]
        )
        right.set_xticks(range(len(of_number)), [f"{run.ranks} × {run.threads}" for run in of_number])
    if numbers:
        right.legend(fontsize=7, loc="upper left")
    right.set_xlabel("ranks × threads")
    right.set_ylabel("speed-up of the training")
    right.grid(axis="y", alpha=0.3)
    below_all(figure, left)
    figure.tight_layout()
    return figure


def set_log_scale(axes: Axes) -> None:
    """Logarithmic scales, with numbers at 1, 2 and 5 times a power of ten."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def below(axes: Axes) -> None:
    """The legend, below the axes."""
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.12), ncol=2, frameon=False)


def below_all(figure: Figure, axes: Axes) -> None:
    """The legend of one panel, below all of them."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=2, frameon=False)
