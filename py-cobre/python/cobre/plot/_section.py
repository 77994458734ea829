"""States along the storage of one plant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

import cobre


def component_of(policy: cobre.Policy, hydro_id: int) -> str:
    """Name of the storage of a plant among the components of the state."""
    for component in policy.state_components:
        if component["kind"] == "storage" and component["entity_id"] == hydro_id:
            return str(component["name"])
    known = [component["entity_id"] for component in policy.state_components if component["kind"] == "storage"]
    raise cobre.ArgumentError(
        f"hydro_id: the policy has no storage of plant {hydro_id}; plants with storage: {known}",
        kind="argument",
        context={"argument": "hydro_id"},
    )


def states_along(
    policy: cobre.Policy, component: str, values: npt.NDArray[np.float64], at: Mapping[str, float] | None
) -> npt.NDArray[np.float64]:
    """States that differ in one component only, shape `(values, components)`; the others are those of `at`, else of the
    initial state."""
    state = dict(zip(policy.components, policy.initial_state.tolist(), strict=True))
    unknown = set(at or {}) - set(state)
    if unknown:
        raise cobre.ArgumentError(
            f"at: the state has no {', '.join(sorted(unknown))}; components: {', '.join(state)}",
            kind="argument",
            context={"argument": "at"},
        )
    state.update(at or {})
    states = np.tile(np.fromiter(state.values(), np.float64), (len(values), 1))
    states[:, policy.components.index(component)] = values
    return states


def points_between(bounds: tuple[float, float], n_points: int) -> npt.NDArray[np.float64]:
    """Equally spaced storages (hm³)."""
    low, high = map(float, bounds)
    if not (np.isfinite([low, high]).all() and low < high) or n_points < 2:
        raise cobre.ArgumentError(
            f"storage_hm3: expected (low, high) low < high, and at least 2 points, found {bounds} and {n_points}",
            kind="argument",
            context={"argument": "storage_hm3"},
        )
    return np.linspace(low, high, n_points)


def plant_title(policy: cobre.Policy, component: str) -> str:
    """What an axis calls the storage of a plant."""
    of: dict[str, Any] = next(c for c in policy.state_components if c["name"] == component)
    return f"storage of {of['entity_name'] or of['entity_id']} (hm³)"
