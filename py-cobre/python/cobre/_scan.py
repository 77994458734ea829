"""Lazy frames of Polars over the tables of a run.

On a disk Polars reads the files of the manifest by itself. Elsewhere the program reads them for it: of the files and
row groups in which a row can satisfy the filter, the columns that the query needs, one row group ahead of the query.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import polars as pl
from polars.io.plugins import register_io_source

if TYPE_CHECKING:
    from cobre._cobre.outputs import _FileParts, _TableParts
    from cobre._cobre.tables import Table

# Combinations of values that are tried to find out whether a filter rules out a row group.
_MOST_TRIED = 100_000

_Bounds = dict[str, tuple[int, int]]


def scan(parts: _TableParts) -> pl.LazyFrame:
    """A lazy frame over a table, with the columns and the order of the table read whole."""
    schema = parts.empty().to_polars().schema
    if parts.n_files == 0:
        return pl.DataFrame(schema=schema).lazy()
    if parts.paths is not None:
        return _scan_disk(parts, parts.paths, schema)
    return scan_in_parts(parts)


def _scan_disk(parts: _TableParts, paths: list[str], schema: pl.Schema) -> pl.LazyFrame:
    in_path = set(parts.partition(0))
    if not in_path:
        return pl.scan_parquet(paths, glob=False, hive_partitioning=False, schema=schema).select(schema.names())
    # The path names the run, too; a table has no such column.
    hive_schema = {name: schema[name] if name in in_path else pl.Int64 for name in ("run", *in_path)}
    lazy = pl.scan_parquet(paths, glob=False, hive_partitioning=True, hive_schema=hive_schema)
    return lazy.select(schema.names())


def scan_in_parts(parts: _TableParts) -> pl.LazyFrame:
    """A lazy frame over a table that the program reads."""
    schema = parts.empty().to_polars().schema

    def read(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        wanted = schema.names() if with_columns is None else with_columns
        needed = set(wanted) | set(() if predicate is None else predicate.meta.root_names())
        # Without any column there would be no rows to count.
        columns = [name for name in schema.names() if name in needed] or schema.names()[:1]
        left = n_rows
        for table in _ahead(_possible_groups(parts, columns, Filter(predicate, schema))):
            frame = table.to_polars()
            if predicate is not None:
                frame = frame.filter(predicate)
            frame = frame.select(wanted) if wanted else frame
            if left is not None:
                frame = frame.head(left)
                left -= frame.height
            yield frame
            if left == 0:
                return

    return register_io_source(read, schema=schema, is_pure=True, explain_name="COBRE")


class Filter:
    """Tells by bounds of columns of whole numbers whether rows can satisfy a filter.

    A condition is tried on all values within the bounds, so it may be any expression.
    """

    def __init__(self, predicate: pl.Expr | None, schema: pl.Schema) -> None:
        conditions = [] if predicate is None else _conjuncts(predicate)
        self._conditions = [(condition, condition.meta.root_names()) for condition in conditions]
        self._schema = schema
        self._known: dict[tuple[int, tuple[tuple[int, int], ...]], bool] = {}

    def is_possible(self, bounds: _Bounds) -> bool:
        """Whether a row within these bounds can satisfy the filter; true when that cannot be told."""
        return all(self._is_possible(at, bounds) for at in range(len(self._conditions)))

    def _is_possible(self, at: int, bounds: _Bounds) -> bool:
        condition, names = self._conditions[at]
        if not names or any(name not in bounds for name in names):
            return True
        ranges = tuple(bounds[name] for name in names)
        n_combinations = 1
        for low, high in ranges:
            n_combinations *= high - low + 1
        if n_combinations > _MOST_TRIED:
            return True
        known = self._known.get((at, ranges))
        if known is None:
            known = self._known[at, ranges] = self._try(condition, dict(zip(names, ranges, strict=True)))
        return known

    def _try(self, condition: pl.Expr, ranges: _Bounds) -> bool:
        values = pl.DataFrame({"": [None]}).lazy()
        for name, (low, high) in ranges.items():
            column = pl.int_range(low, high + 1, dtype=pl.Int64, eager=True).cast(self._schema[name]).alias(name)
            values = values.join(column.to_frame().lazy(), how="cross")
        return values.filter(condition).head(1).collect().height > 0


def _conjuncts(predicate: pl.Expr) -> list[pl.Expr]:
    """The conditions that all have to hold."""
    try:
        tree = json.loads(predicate.meta.serialize(format="json"))
    except Exception:
        # An expression that cannot be written down is one condition.
        return [predicate]
    if isinstance(tree, dict) and tree.get("BinaryExpr", {}).get("op") == "And":
        return [condition for part in predicate.meta.pop() for condition in _conjuncts(part)]
    return [predicate]


def _possible_groups(parts: _TableParts, columns: list[str], filter_: Filter) -> Iterator[Callable[[], Table]]:
    """Reads, one for each row group in which a row can satisfy the filter."""
    for at in range(parts.n_files):
        of_file = parts.bounds(at)
        if not filter_.is_possible(of_file):
            continue
        file: _FileParts = parts.open(at)
        for group in range(file.n_groups):
            if filter_.is_possible({**of_file, **file.bounds(group)}):
                yield partial(file.read, columns, group)


def _ahead(reads: Iterator[Callable[[], Table]]) -> Iterator[Table]:
    """The results of reads, in order; while one is used the next is read."""
    with ThreadPoolExecutor(1, thread_name_prefix="cobre-scan") as reader:

        def submit() -> Future[Table | None]:
            return reader.submit(lambda: next((read() for read in reads), None))

        following = submit()
        while (table := following.result()) is not None:
            following = submit()
            yield table
