"""Our Parquet writer beside those of pyarrow and Polars: the same rows, the same session.

    .venv/bin/python benches/writers.py [--uncompressed] [--rounds N] [--folder FOLDER]

Ours writes one table of twenty million rows of 112 bytes, from the outcomes of the engine to published files with
checksums. The others get the same values as columns in memory, one file at a time, and write them with the same
compression (zstd 1) and the same row groups; pyarrow also with dictionaries on the labels alone, which Polars does not
let one choose. One thread each, in turn, several rounds: what the kernel takes to find pages for the files differs from
one time to the next. Prints one line of JSON per writer and round, then the best of each.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "1"  # Read when polars is imported.

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
ROW_GROUP_ROWS = 128 * 1024
LABELS = ["scenario_id", "stage_id", "block_id", "hydro_id"]


def run_ours(folder: Path, compress: bool) -> dict[str, object]:
    """Runs the benchmark of our writer; its files stay in `folder`."""
    command = ["cargo", "bench", "--workspace", "--bench", "writer", "--", "--table", str(folder)]
    if not compress:
        command.append("--uncompressed")
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return dict(json.loads(lines[-1]))


def warm_up(folder: Path) -> None:
    """Has the machine find memory for what follows: under a hypervisor the first use of a page is what costs most."""
    with (folder / "warm").open("wb") as file:
        for _ in range(4096):
            file.write(bytes(1 << 20))
    (folder / "warm").unlink()


def check(file: Path) -> None:
    """Reads what ours wrote, noise that is left uncompressed above all, with others."""
    expected = pq.ParquetFile(file).read()
    polars = pl.read_parquet(file, hive_partitioning=False).to_arrow()
    duck = duckdb.connect().from_parquet(str(file), hive_partitioning=False).to_arrow_table()
    assert polars.cast(expected.schema).equals(expected), f"Polars reads {file} otherwise"
    assert duck.cast(expected.schema).equals(expected), f"DuckDB reads {file} otherwise"


def write_pyarrow(table: pa.Table, path: Path, compress: bool) -> None:
    pq.write_table(
        table,
        path,
        compression="zstd" if compress else "none",
        compression_level=1 if compress else None,
        use_dictionary=LABELS,
        row_group_size=ROW_GROUP_ROWS,
        write_page_index=True,
    )


def write_polars(table: pa.Table, path: Path, compress: bool) -> None:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    frame.write_parquet(
        path,
        compression="zstd" if compress else "uncompressed",
        compression_level=1 if compress else None,
        row_group_size=ROW_GROUP_ROWS,
        statistics=True,
    )


def measure(
    name: str, write: Callable[[pa.Table, Path, bool], None], files: list[Path], folder: Path, compress: bool
) -> dict[str, object]:
    """Writes the rows of every file anew, with the clock running only while it writes."""
    folder.mkdir()
    cpu = wall = 0.0
    rows = size = 0
    for number, file in enumerate(files):
        table = pq.ParquetFile(file).read().combine_chunks()
        path = folder / f"part-{number}.parquet"
        cpu_started, wall_started = time.process_time(), time.perf_counter()
        write(table, path, compress)
        cpu += time.process_time() - cpu_started
        wall += time.perf_counter() - wall_started
        rows += table.num_rows
        size += path.stat().st_size
    return {
        "writer": name,
        "rows": rows,
        "files": len(files),
        "bytes": size,
        "cpu_seconds": round(cpu, 3),
        "wall_seconds": round(wall, 3),
        "rows_per_cpu_second": round(rows / cpu),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uncompressed", action="store_true", help="leave the pages as they are")
    parser.add_argument("--folder", type=Path, help="where to write; another file system, say")
    parser.add_argument("--rounds", type=int, default=3, help="how often each writer writes")
    options = parser.parse_args()
    compress = not options.uncompressed
    pa.set_cpu_count(1)
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        folder = Path(temporary)
        run_ours(folder / "rows", compress)
        files = sorted((folder / "rows").glob("run=*/simulation/hydros/*/*.parquet"))
        check(files[0])
        pyarrow = functools.partial(measure, "pyarrow " + pa.__version__, write_pyarrow, files)
        polars = functools.partial(measure, "polars " + pl.__version__, write_polars, files)
        best: dict[object, dict[str, object]] = {}
        for _ in range(options.rounds):
            for run in (run_ours, pyarrow, polars):
                warm_up(folder)
                line = run(folder / "written", compress)
                shutil.rmtree(folder / "written")
                seconds = best.setdefault(line["writer"], line)["cpu_seconds"]
                if float(str(line["cpu_seconds"])) < float(str(seconds)):
                    best[line["writer"]] = line
                print(json.dumps(line), flush=True)
    print("least CPU time of each:")
    for line in best.values():
        print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
