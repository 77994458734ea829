"""The cuts of a stage along the storage of one plant."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import polars as pl

import cobre
from cobre.plot import _style
from cobre.plot._section import component_of, plant_title, points_between, states_along


def cut_planes(
    policy: cobre.Policy,
    hydro_id: int,
    storage_hm3: tuple[float, float],
    *,
    stage_id: int | None = None,
    at: Mapping[str, float] | None = None,
    max_cuts: int = 100,
    n_points: int = 201,
) -> alt.LayerChart:
    """The outer approximation of the future cost along the storage of one plant, and the cuts that it is made of.

    Args:
        policy: the policy.
        hydro_id: label of the plant.
        storage_hm3: least and greatest storage.
        stage_id: stage at whose end the storage is; the first one by default.
        at: values of other state components by name; those of the initial state where not given.
        max_cuts: at most so many cuts are drawn: first those that are highest somewhere in the range, then the newest.
        n_points: points of the envelope.

    Returns:
        A chart; costs in $.

    Raises:
        ArgumentError: an unknown plant, stage or component; an empty range.
    """
    component = component_of(policy, hydro_id)
    stage = policy.stage_ids[0] if stage_id is None else stage_id
    storage = points_between(storage_hm3, n_points)
    states = states_along(policy, component, storage, at)
    cost = np.asarray(policy.evaluate(states, stage))
    cuts = policy.cuts(stage)
    highest = np.unique(policy.binding_cut(states, stage))
    highest = highest[highest >= 0]
    active = np.flatnonzero(cuts["is_active"])
    others = np.setdiff1d(active, highest)[::-1]
    drawn = np.concatenate([highest, others])[:max_cuts]
    ends = states[[0, -1]] @ cuts["coefficients"][drawn].T + cuts["intercepts"][drawn]
    frame = pl.DataFrame(
        {
            "cut_id": drawn,
            "iteration": cuts["iteration"][drawn],
            "is_highest": np.isin(drawn, highest),
            "low": storage[0],
            "high": storage[-1],
            "cost_low": ends[0],
            "cost_high": ends[1],
        }
    )
    low, high = float(cost.min()), float(cost.max())
    margin = 0.05 * (high - low) or 1.0
    scale = alt.Scale(domain=[low - margin, high + margin], zero=False)
    planes = (
        alt.Chart(frame)
        .mark_rule(clip=True, color=_style.NEUTRAL)
        .encode(
            x=alt.X("low:Q", title=plant_title(policy, component), axis=alt.Axis(format="~s")),
            x2="high:Q",
            y=alt.Y("cost_low:Q", title="future cost ($)", scale=scale, axis=alt.Axis(format="~s")),
            y2="cost_high:Q",
            opacity=alt.condition("datum.is_highest", alt.value(0.6), alt.value(0.15)),
            tooltip=["cut_id:Q", "iteration:Q", "is_highest:N"],
        )
    )
    envelope = (
        alt.Chart(pl.DataFrame({"storage_hm3": storage, "cost": cost}))
        .mark_line(color=_style.ACCENT, strokeWidth=2.5)
        .encode(x="storage_hm3:Q", y=alt.Y("cost:Q", scale=scale))
    )
    title = f"Future cost at the end of stage {stage}: {len(drawn)} of {len(active)} active cuts"
    return (planes + envelope).properties(width=_style.WIDTH, height=_style.HEIGHT, title=title)
