"""Marginal cost: how often, and when."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl

from cobre.plot import _style
from cobre.plot._source import Scannable, labels, only


def _prices(results: Scannable, bus_id: int | list[int] | None, stage_id: int | list[int] | None) -> pl.LazyFrame:
    """Rows of `buses` with the hours of their block."""
    buses = only(results.scan("buses"), "stage_id", stage_id)
    # Energy over power of any bus that has demand; one hour for all where none has.
    hours = buses.group_by("stage_id", "block_id").agg(
        (pl.col("load_mwh").filter(pl.col("load_mw") != 0.0) / pl.col("load_mw").filter(pl.col("load_mw") != 0.0))
        .max()
        .fill_null(1.0)
        .alias("hours")
    )
    prices = only(buses, "bus_id", bus_id).select("stage_id", "block_id", "bus_id", "scenario_id", "spot_price")
    return prices.join(hours, on=["stage_id", "block_id"])


def marginal_cost_duration(
    results: Scannable,
    bus_id: int | list[int] | None = None,
    *,
    stage_id: int | list[int] | None = None,
    names: Mapping[int, str] | None = None,
    n_points: int = 400,
) -> alt.Chart:
    """For every marginal cost: the share of all scenario-hours in which it is reached or exceeded.

    Args:
        results: a `SimulationResult`, or `Outputs` of a run that was simulated.
        bus_id: one bus or several; all by default.
        stage_id: one stage or several; all by default.
        names: what to call the buses.
        n_points: at most so many steps per bus are drawn.

    Returns:
        A chart with one line per bus; marginal cost in $/MWh, on an axis that is linear near 0 and logarithmic beyond.
    """
    weighted = _prices(results, bus_id, stage_id).group_by("bus_id", "spot_price").agg(pl.col("hours").sum())
    share = pl.col("hours").cum_sum().over("bus_id") / pl.col("hours").sum().over("bus_id")
    curve = weighted.sort("bus_id", "spot_price", descending=[False, True]).with_columns(share_of_hours=share)
    # Of the steps that share a point of the picture the last one stands for all.
    point = (pl.col("share_of_hours") * n_points).floor().alias("point")
    thinned = curve.group_by("bus_id", point, maintain_order=True).last()
    frame = thinned.with_columns(bus=labels(pl.col("bus_id"), names)).drop("hours", "point").collect()
    return (
        alt.Chart(frame)
        .mark_line(interpolate="step-before", strokeWidth=2)
        .encode(
            x=alt.X("share_of_hours:Q", title="share of scenario-hours", axis=alt.Axis(format="%")),
            y=alt.Y("spot_price:Q", title="marginal cost ($/MWh)", scale=alt.Scale(type="symlog", constant=50)),
            color=alt.Color("bus:N", title="bus"),
            tooltip=[
                "bus:N",
                alt.Tooltip("share_of_hours:Q", format=".1%"),
                alt.Tooltip("spot_price:Q", format=",.2f"),
            ],
        )
        .properties(width=_style.WIDTH, height=_style.HEIGHT, title="Marginal cost duration")
    )


def marginal_cost_heat_map(
    results: Scannable,
    bus_id: int | list[int] | None = None,
    *,
    names: Mapping[int, str] | None = None,
    n_bands: int = 20,
    columns: int = 2,
) -> alt.FacetChart:
    """Marginal cost by stage and by rank of the scenario in it: how the dear share grows and shrinks over the year.

    Args:
        results: a `SimulationResult`, or `Outputs` of a run that was simulated.
        bus_id: one bus or several; all by default.
        names: what to call the buses.
        n_bands: bands that the scenarios of a stage are ranked into, cheapest first.
        columns: charts side by side.

    Returns:
        One chart per bus; mean marginal cost of a band in $/MWh, weighted by the hours of the blocks.
    """
    prices = _prices(results, bus_id, None)
    keys = ["bus_id", "stage_id"]
    mean = (pl.col("spot_price") * pl.col("hours")).sum() / pl.col("hours").sum()
    scenarios = prices.group_by([*keys, "scenario_id"]).agg(mean.alias("price"))
    rank = (pl.col("price").rank("ordinal").over(keys) - 1) * n_bands // pl.len().over(keys)
    bands = scenarios.with_columns(band=rank).group_by([*keys, "band"]).agg(pl.col("price").mean())
    percentile = ((pl.col("band") + 1) * 100 / n_bands).alias("percentile")
    frame = bands.with_columns(percentile, bus=labels(pl.col("bus_id"), names)).sort([*keys, "band"]).collect()
    chart = (
        alt.Chart(frame)
        .mark_rect()
        .encode(
            x=alt.X("stage_id:O", title="stage", axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y(
                "percentile:O",
                title="scenarios, up to %",
                sort="descending",
                axis=alt.Axis(labelOverlap=True, format=".0f"),
            ),
            color=alt.Color(
                "price:Q", title="$/MWh", scale=alt.Scale(scheme="yelloworangered", type="symlog", constant=50)
            ),
            tooltip=["bus:N", "stage_id:O", "percentile:O", alt.Tooltip("price:Q", format=",.2f")],
        )
        .properties(width=_style.WIDTH // 2, height=_style.HEIGHT // 2)
    )
    order = frame["bus"].unique(maintain_order=True).to_list()
    return chart.facet(facet=alt.Facet("bus:N", title=None, sort=order), columns=columns).properties(
        title="Marginal cost"
    )
