"""Value of water by storage."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl

import cobre
from cobre.plot import _style
from cobre.plot._section import component_of, plant_title, points_between, states_along


def water_value_curves(
    policy: cobre.Policy,
    hydro_id: int,
    storage_hm3: tuple[float, float],
    *,
    stage_id: int | list[int] | None = None,
    at: Mapping[str, float] | None = None,
    n_points: int = 201,
) -> alt.Chart:
    """What a further hm³ in a reservoir saves, by the storage in it: one step curve per stage.

    Args:
        policy: the policy.
        hydro_id: label of the plant.
        storage_hm3: least and greatest storage, e.g. `(0.0, plant.max_storage_hm3[0])`.
        stage_id: stages at whose end the water is valued; the first one by default.
        at: values of other state components by name; those of the initial state where not given.
        n_points: points of a curve.

    Returns:
        A chart; the value of water in $/hm³, positive where water saves money: minus `Policy.water_value`.

    Raises:
        ArgumentError: an unknown plant, stage or component; an empty range.
    """
    component = component_of(policy, hydro_id)
    storage = points_between(storage_hm3, n_points)
    states = states_along(policy, component, storage, at)
    stages = [stage_id] if isinstance(stage_id, int) else stage_id or [policy.stage_ids[0]]
    curves = [
        pl.DataFrame({"stage_id": stage, "storage_hm3": storage, "value": -policy.water_value(states, hydro_id, stage)})
        for stage in stages
    ]
    return (
        alt.Chart(pl.concat(curves))
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            x=alt.X("storage_hm3:Q", title=plant_title(policy, component), axis=alt.Axis(format="~s")),
            y=alt.Y("value:Q", title="value of water ($/hm³)", axis=alt.Axis(format="~s")),
            color=alt.Color("stage_id:O", title="end of stage", scale=alt.Scale(scheme="viridis")),
            tooltip=["stage_id:O", alt.Tooltip("storage_hm3:Q", format=",.0f"), alt.Tooltip("value:Q", format=",.2f")],
        )
        .properties(width=_style.WIDTH, height=_style.HEIGHT, title="Value of water")
    )
