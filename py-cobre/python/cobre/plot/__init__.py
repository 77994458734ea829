"""Charts of results and policies, as Altair objects.

Every function aggregates first, so that a chart carries some hundred rows however large the study is, and returns the
chart: show it in a notebook, change it, or save it (`chart.save("storage.html")`). `chart.data` is the frame behind it.

Needs Altair: `pip install cobre[plot]`.
"""

from cobre.plot.convergence import convergence
from cobre.plot.cost_distribution import cost_distribution
from cobre.plot.cut_planes import cut_planes
from cobre.plot.generation_mix import generation_mix
from cobre.plot.marginal_cost import marginal_cost_duration, marginal_cost_heat_map
from cobre.plot.storage_fan import storage_fan
from cobre.plot.water_value import water_value_curves

__all__ = [
    "convergence",
    "cost_distribution",
    "cut_planes",
    "generation_mix",
    "marginal_cost_duration",
    "marginal_cost_heat_map",
    "storage_fan",
    "water_value_curves",
]
