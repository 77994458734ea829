"""Policies inside expressions of Polars; `cobre.expr` is what is meant to be used."""

from collections.abc import Sequence

from .policy import Policy

def _hold(policy: Policy) -> str: ...
def _release(policy: Policy) -> bool: ...
def _check(
    policy: Policy, *, stage: int | None = None, hydro: int | None = None, names: Sequence[str] | None = None
) -> list[str]: ...
