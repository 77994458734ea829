"""Small amounts of work on the studies of the repository, as changes of their configuration."""

from __future__ import annotations

from typing import Any


def iterations(n: int) -> dict[str, Any]:
    """Training of so many iterations."""
    return {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": n}]}}


def scenarios(n: int) -> dict[str, Any]:
    """A simulation of so many scenarios."""
    return {"simulation": {"selection": {"num_scenarios": n}}}


SMALL: dict[str, Any] = {**iterations(2), **scenarios(32)}
"""Two iterations, 32 scenarios."""

LONG: dict[str, Any] = iterations(100_000)
"""More iterations than any test waits for."""

TIMES = {
    "time_forward_ms",
    "time_backward_ms",
    "time_total_ms",
    "solve_time_ms",
}
