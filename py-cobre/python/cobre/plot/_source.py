"""What charts are made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import polars as pl


class Scannable(Protocol):
    """Results in memory (`TrainingResult`, `SimulationResult`) or at a root (`Outputs`)."""

    def scan(self, name: str, /) -> pl.LazyFrame:
        """A table by name, lazily."""
        ...


def labels(ids: pl.Expr, names: Mapping[int, str] | None) -> pl.Expr:
    """What to call entities: their names, where given, else their labels."""
    text = ids.cast(pl.String)
    return text if names is None else text.replace({str(key): name for key, name in names.items()})


def only(frame: pl.LazyFrame, column: str, wanted: int | list[int] | None) -> pl.LazyFrame:
    """The rows of the wanted entities or stages; all of them for `None`."""
    if wanted is None:
        return frame
    return frame.filter(pl.col(column).is_in([wanted] if isinstance(wanted, int) else wanted))
