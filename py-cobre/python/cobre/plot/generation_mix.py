"""Where the energy of a stage comes from."""

from __future__ import annotations

import altair as alt
import polars as pl

from cobre.plot import _style
from cobre.plot._source import Scannable


def generation_mix(results: Scannable) -> alt.Chart:
    """Mean energy of every stage by source; demand that is not served is a source of its own.

    Args:
        results: a `SimulationResult`, or `Outputs` of a run that was simulated.

    Returns:
        A chart of stacked bars; energy in GWh, mean over the scenarios.
    """
    n_scenarios = results.scan("scenario_summary").select(pl.len()).collect().item()
    sources = [
        ("hydro", "hydros", "generation_mwh"),
        ("thermal", "thermals", "generation_mwh"),
        ("deficit", "buses", "deficit_mwh"),
    ]
    parts = [
        results.scan(table)
        .group_by("stage_id")
        .agg((pl.col(column).sum() / (1000.0 * n_scenarios)).alias("mean_gwh"))
        .with_columns(source=pl.lit(name), order=pl.lit(order))
        for order, (name, table, column) in enumerate(sources)
    ]
    frame = pl.concat(parts).sort("stage_id", "order").collect()
    domain, colours = ["hydro", "thermal", "deficit"], [_style.HYDRO, _style.THERMAL, _style.DEFICIT]
    return (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("stage_id:O", title="stage", axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("mean_gwh:Q", title="mean energy (GWh)"),
            color=alt.Color(
                "source:N", title=None, scale=alt.Scale(domain=domain, range=colours), legend=alt.Legend(orient="top")
            ),
            order=alt.Order("order:Q"),
            tooltip=["stage_id:O", "source:N", alt.Tooltip("mean_gwh:Q", format=",.1f")],
        )
        .properties(width=_style.WIDTH, height=_style.HEIGHT, title="Generation mix")
    )
