"""Bounds by iteration."""

from __future__ import annotations

import altair as alt
import polars as pl

from cobre.plot import _style
from cobre.plot._source import Scannable


def convergence(results: Scannable) -> alt.LayerChart:
    """The lower bound, and the mean cost of the forward passes with an interval of 95 %, by iteration.

    Args:
        results: a `TrainingResult`, or `Outputs` of a run that was trained.

    Returns:
        A chart of the table `convergence`; costs in $. Without an interval where a forward pass has one trajectory.
    """
    bounds = results.scan("convergence").select(
        "iteration", "lower_bound", "upper_bound", "upper_bound_std", "forward_passes"
    )
    half = 1.96 * pl.col("upper_bound_std") / pl.col("forward_passes").sqrt()
    frame = bounds.with_columns(low=pl.col("upper_bound") - half, high=pl.col("upper_bound") + half).collect()
    base = alt.Chart(frame).encode(x=alt.X("iteration:Q", title="iteration", axis=alt.Axis(tickMinStep=1)))
    cost, si = alt.Scale(zero=False), alt.Axis(format="~s")
    band = base.mark_area(opacity=0.15, color=_style.NEUTRAL).encode(
        y=alt.Y("low:Q", title="cost ($)", scale=cost, axis=si), y2="high:Q"
    )
    series = base.transform_fold(["lower_bound", "upper_bound"], as_=["bound", "cost"]).transform_calculate(
        bound="datum.bound == 'lower_bound' ? 'lower bound' : 'forward passes, mean'"
    )
    domain, colours = ["lower bound", "forward passes, mean"], [_style.HYDRO, _style.NEUTRAL]
    lines = series.mark_line(strokeWidth=2).encode(
        y=alt.Y("cost:Q", title="cost ($)", scale=cost, axis=si),
        color=alt.Color(
            "bound:N", title=None, scale=alt.Scale(domain=domain, range=colours), legend=alt.Legend(orient="top")
        ),
        tooltip=["iteration:Q", "bound:N", alt.Tooltip("cost:Q", format=".6~s")],
    )
    return (band + lines).properties(width=_style.WIDTH, height=_style.HEIGHT, title="Convergence")
