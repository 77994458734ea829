"""Quantiles of storage by stage."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl

from cobre.plot import _style
from cobre.plot._source import Scannable, labels, only


def storage_fan(
    results: Scannable,
    hydro_id: int | list[int] | None = None,
    *,
    names: Mapping[int, str] | None = None,
    columns: int = 2,
) -> alt.FacetChart:
    """Storage at the end of every stage: median, and the bands that hold 50 % and 90 % of the scenarios.

    Args:
        results: a `SimulationResult`, or `Outputs` of a run that was simulated.
        hydro_id: one plant or several; all by default.
        names: what to call the plants, e.g. `{plant.id: plant.name for plant in case.hydros}`.
        columns: charts side by side.

    Returns:
        One chart per plant; storage in hm³.
    """
    storage = pl.col("storage_final_hm3")
    levels = {"p5": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}
    hydros = only(results.scan("hydros"), "hydro_id", hydro_id).filter(pl.col("block_id") == 0)
    frame = (
        hydros.group_by("hydro_id", "stage_id")
        .agg(storage.quantile(level, "linear").alias(name) for name, level in levels.items())
        .sort("hydro_id", "stage_id")
        .with_columns(plant=labels(pl.col("hydro_id"), names))
        .collect()
    )
    base = alt.Chart(frame).encode(x=alt.X("stage_id:Q", title="stage", axis=alt.Axis(tickMinStep=1)))
    wide = base.mark_area(opacity=0.18, color=_style.HYDRO).encode(y=alt.Y("p5:Q", title="storage (hm³)"), y2="p95:Q")
    narrow = base.mark_area(opacity=0.35, color=_style.HYDRO).encode(y="p25:Q", y2="p75:Q")
    median = base.mark_line(color=_style.HYDRO, strokeWidth=2).encode(
        y="median:Q", tooltip=["plant:N", "stage_id:Q", *(alt.Tooltip(f"{name}:Q", format=",.0f") for name in levels)]
    )
    layers = alt.layer(wide, narrow, median, data=frame).properties(width=_style.WIDTH // 2, height=_style.HEIGHT // 2)
    order = frame["plant"].unique(maintain_order=True).to_list()
    fan = layers.facet(facet=alt.Facet("plant:N", title=None, sort=order), columns=columns)
    return fan.resolve_scale(y="independent").properties(title="Storage: median, 50 % and 90 % of the scenarios")
