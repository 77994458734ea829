"""Distribution of the discounted cost of a scenario."""

from __future__ import annotations

import altair as alt
import numpy as np
import polars as pl

from cobre.plot import _style
from cobre.plot._source import Scannable


def cost_distribution(results: Scannable, *, tail_probability: float = 0.05, n_bins: int = 40) -> alt.LayerChart:
    """Histogram of the discounted cost of the scenarios, with their mean and the mean of the worst (CVaR).

    Args:
        results: a `SimulationResult`, or `Outputs` of a run that was simulated.
        tail_probability: share of the scenarios that the CVaR is the mean of, in (0, 1].
        n_bins: number of bars.

    Returns:
        A chart with the tail in another colour; costs in $.

    Raises:
        ValueError: `tail_probability` is not in (0, 1], or there is no bar.
    """
    if not 0.0 < tail_probability <= 1.0:
        raise ValueError(f"tail_probability: expected a number in (0, 1], found {tail_probability}")
    if n_bins < 1:
        raise ValueError(f"n_bins: expected at least 1, found {n_bins}")
    costs = np.sort(
        results.scan("scenario_summary").select("discounted_immediate_cost").collect().to_series().to_numpy()
    )
    tail = conditional_value_at_risk(costs, tail_probability)
    threshold = float(np.quantile(costs, 1.0 - tail_probability))
    counts, edges = np.histogram(costs, bins=n_bins)
    frame = pl.DataFrame(
        {"low": edges[:-1], "high": edges[1:], "share": counts / len(costs), "in_tail": edges[1:] > threshold}
    )
    part = "worst" if tail_probability == 1.0 else f"worst {100 * tail_probability:g} %"
    bars = (
        alt.Chart(frame)
        .transform_calculate(part=f"datum.in_tail ? '{part}' : 'others'")
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X(
                "low:Q",
                bin="binned",
                title="discounted cost ($)",
                axis=alt.Axis(format="~s"),
                scale=alt.Scale(zero=False),
            ),
            x2="high:Q",
            y=alt.Y("share:Q", title="share of scenarios", axis=alt.Axis(format="%")),
            color=alt.Color(
                "part:N",
                title=None,
                scale=alt.Scale(domain=["others", part], range=[_style.HYDRO, _style.ACCENT]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("low:Q", format=".4~s"),
                alt.Tooltip("high:Q", format=".4~s"),
                alt.Tooltip("share:Q", format=".1%"),
            ],
        )
    )
    marks = pl.DataFrame({"cost": [float(costs.mean()), tail], "label": ["mean", "CVaR"]})
    rules = alt.Chart(marks).mark_rule(color=_style.NEUTRAL, strokeDash=[4, 3], strokeWidth=1.5).encode(x="cost:Q")
    texts = (
        alt.Chart(marks)
        .mark_text(align="left", dx=4, baseline="top", color=_style.NEUTRAL)
        .encode(x="cost:Q", y=alt.value(2), text="label:N", tooltip=["label:N", alt.Tooltip("cost:Q", format=".5~s")])
    )
    title = f"Cost of {len(costs):,} scenarios"
    return (bars + rules + texts).properties(width=_style.WIDTH, height=_style.HEIGHT, title=title)


def conditional_value_at_risk(ascending: np.ndarray, tail_probability: float) -> float:
    """Mean of the worst share of equally probable costs; the scenario at its border counts in part.

    Rockafellar and Uryasev (2002), for a discrete distribution.
    """
    weight = tail_probability * len(ascending)
    whole = min(int(weight), len(ascending))
    worst = ascending[len(ascending) - whole :]
    total = float(worst.sum())
    if whole < len(ascending):
        total += (weight - whole) * float(ascending[len(ascending) - whole - 1])
    return total / weight
