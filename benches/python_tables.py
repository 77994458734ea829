"""What it costs to hand a table in memory to the libraries of Python.

Makes a table of numbers in chunks of a bucket's size, hands it over several times, and gives the median. What shares
memory costs the same for any number of rows; only the number of chunks and columns counts.

    cargo build --release --workspace
    cp target/release/lib_cobre.so py-cobre/python/cobre/_cobre.abi3.so
    PYTHONPATH=py-cobre/python .venv/bin/python benches/python_tables.py --rows 20000000
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import polars as pl
import pyarrow as pa

import cobre

COLUMNS = 10


def make(rows: int, chunk: int) -> cobre.Table:
    """A table of labels and quantities."""
    random = np.random.default_rng(1)
    batches = []
    for first in range(0, rows, chunk):
        n = min(chunk, rows - first)
        ids = {"hydro_id": np.full(n, first // chunk, dtype=np.int32), "stage_id": np.arange(n, dtype=np.int32)}
        batches.append(pa.record_batch(ids | {f"quantity_{at}": random.random(n) for at in range(COLUMNS - 2)}))
    return cobre.Table(pa.Table.from_batches(batches), name="quantities")


def median_ms(work: Callable[[], object], repeat: int) -> float:
    """Median of the time a piece of work takes."""
    times = []
    for _ in range(repeat):
        started = time.perf_counter()
        kept = work()
        times.append(1e3 * (time.perf_counter() - started))
        del kept
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--chunk", type=int, default=250_000)
    parser.add_argument("--repeat", type=int, default=21)
    options = parser.parse_args()
    table = make(options.rows, options.chunk)
    print(table)
    ways: dict[str, Callable[[], object]] = {
        "to_polars": table.to_polars,
        "pl.DataFrame": lambda: pl.DataFrame(table),
        "lazy": table.lazy,
        "pa.table": lambda: pa.table(table),
        "chunks of a column": lambda: table.chunks("quantity_0"),
    }
    for name, way in ways.items():
        print(f"{name:20} {median_ms(way, options.repeat):8.3f} ms")
    if table.to_polars()["quantity_0"].n_chunks() != table.n_chunks:
        raise SystemExit("the chunks were joined")


if __name__ == "__main__":
    main()
