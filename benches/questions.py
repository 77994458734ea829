"""Times questions over a root of outputs: a session of Cobre, plain DataFusion, DuckDB and Polars, in one run.

    cargo bench --no-run -p cobre-sql --features shell,server --bench queries
    python benches/questions.py ROOT [--rounds N] [--threads N]

`datasets/four-reservoirs` with 17,600 scenarios and `exports.states` gives twenty million rows of thermals. Every round
asks every engine once more; the shortest time counts. Files are in the cache of the system, and every engine has been
asked before it is timed. Prints one JSON object per question and engine, then a table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ["cobre", "datafusion", "duckdb", "polars"]
COMPONENTS = [f"storage_{k}" for k in range(1, 5)] + [f"inflow_lag_{k}_1" for k in range(1, 5)]


def bench_program() -> Path:
    """The benchmark of the session, as cargo last built it."""
    command = ["cargo", "bench", "--no-run", "-p", "cobre-sql", "--features", "shell,server", "--bench", "queries"]
    command += ["--message-format", "json"]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    programs = [message["executable"] for message in messages if message.get("executable")]
    return Path(programs[-1])


def duckdb_answers(run: Path, cuts: Path, threads: int) -> dict[str, Callable[[], object]]:
    """The questions in DuckDB."""
    connection = duckdb.connect(config={"threads": threads})
    files = run / "simulation" / "thermals" / "*" / "*.parquet"
    table = f"read_parquet('{files}', hive_partitioning = true, hive_types = {{'scenario_bucket': INT}})"

    def ask(sql: str) -> Callable[[], object]:
        return lambda: connection.sql(sql).fetchall()

    pivots = ", ".join(f"max(value) FILTER (state_index = {k}) AS x{k}" for k in range(len(COMPONENTS)))
    products = "".join(f" + c.{name} * s.x{k}" for k, name in enumerate(COMPONENTS))
    states = f"read_parquet('{run / 'training' / 'visited_states' / '*.parquet'}')"
    quantiles = ", ".join(f"approx_quantile(generation_mw, {p})" for p in (0.05, 0.5, 0.95))
    return {
        "count": ask(f"SELECT count(*) FROM {table}"),
        "full_scan": ask(
            f"SELECT thermal_id, stage_id, sum(generation_mwh), sum(generation_cost) FROM {table} "
            "GROUP BY thermal_id, stage_id ORDER BY thermal_id, stage_id"
        ),
        "one_stage": ask(
            f"SELECT thermal_id, avg(generation_mw), max(generation_mw) FROM {table} WHERE stage_id = 5 "
            "GROUP BY thermal_id ORDER BY thermal_id"
        ),
        "one_plant": ask(
            f"SELECT stage_id, {quantiles} FROM {table} WHERE thermal_id = 120 GROUP BY stage_id ORDER BY stage_id"
        ),
        "top_scenarios": ask(
            f"SELECT scenario_id, sum(generation_cost) AS cost FROM {table} GROUP BY scenario_id "
            "ORDER BY cost DESC, scenario_id LIMIT 20"
        ),
        "one_scenario": ask(
            f"SELECT stage_id, sum(generation_mwh) FROM {table} WHERE scenario_id = 9000 "
            "GROUP BY stage_id ORDER BY stage_id"
        ),
        "visited_states": ask(
            f"WITH s AS (SELECT iteration, forward_pass, stage_id, {pivots} FROM {states} WHERE stage_id < 11 "
            "GROUP BY ALL) SELECT stage_id, avg(cost) FROM (SELECT s.stage_id AS stage_id, "
            f"greatest(max(c.intercept{products}), 0) AS cost FROM s JOIN read_parquet('{cuts}') AS c "
            "ON c.stage_id = s.stage_id WHERE c.is_active GROUP BY s.stage_id, s.iteration, s.forward_pass) "
            "GROUP BY stage_id ORDER BY stage_id"
        ),
    }


def polars_answers(run: Path, cuts: Path) -> dict[str, Callable[[], object]]:
    """The questions in Polars."""
    files = run / "simulation" / "thermals" / "*" / "*.parquet"
    mw, mwh, cost = pl.col("generation_mw"), pl.col("generation_mwh"), pl.col("generation_cost")

    def scan() -> pl.LazyFrame:
        return pl.scan_parquet(files, hive_partitioning=True)

    def quantiles() -> pl.DataFrame:
        columns = [mw.quantile(p).alias(f"p{p}") for p in (0.05, 0.5, 0.95)]
        return scan().filter(thermal_id=120).group_by("stage_id").agg(columns).sort("stage_id").collect()

    def full_scan() -> pl.DataFrame:
        keys = ["thermal_id", "stage_id"]
        return scan().group_by(keys).agg(mwh.sum(), cost.sum()).sort(keys).collect(engine="streaming")

    def one_stage() -> pl.DataFrame:
        columns = [mw.mean().alias("mw"), mw.max().alias("most")]
        return scan().filter(stage_id=5).group_by("thermal_id").agg(columns).sort("thermal_id").collect()

    def top_scenarios() -> pl.DataFrame:
        costs = scan().group_by("scenario_id").agg(cost.sum())
        ordered = costs.sort(["generation_cost", "scenario_id"], descending=[True, False])
        return ordered.head(20).collect(engine="streaming")

    def visited_states() -> pl.DataFrame:
        points = pl.scan_parquet(run / "training" / "visited_states" / "*.parquet").filter(pl.col("stage_id") < 11)
        columns = [pl.col("value").filter(state_index=k).max().alias(f"x{k}") for k in range(len(COMPONENTS))]
        point = ["iteration", "forward_pass", "stage_id"]
        states = points.group_by(point).agg(columns)
        active = pl.scan_parquet(cuts).filter(pl.col("is_active")).select("stage_id", "intercept", *COMPONENTS)
        cost = pl.col("intercept") + sum(pl.col(name) * pl.col(f"x{k}") for k, name in enumerate(COMPONENTS))
        costs = states.join(active, on="stage_id").group_by(point).agg(cost.max().clip(lower_bound=0).alias("cost"))
        return costs.group_by("stage_id").agg(pl.col("cost").mean()).sort("stage_id").collect(engine="streaming")

    return {
        "count": lambda: scan().select(pl.len()).collect(),
        "full_scan": full_scan,
        "one_stage": one_stage,
        "one_plant": quantiles,
        "top_scenarios": top_scenarios,
        "one_scenario": lambda: scan().filter(scenario_id=9000).group_by("stage_id").agg(mwh.sum()).collect(),
        "visited_states": visited_states,
    }


def timed(ask: Callable[[], object]) -> float:
    """Seconds of one answer."""
    start = time.perf_counter()
    ask()
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    run = max(arguments.root.glob("run=*"), key=lambda path: int(path.name.removeprefix("run=")))
    if pl.thread_pool_size() != arguments.threads:
        print(f"Polars has {pl.thread_pool_size()} threads; set POLARS_MAX_THREADS", file=sys.stderr)
        return 1
    program = bench_program()
    best: dict[tuple[str, str], float] = {}

    def keep(question: str, engine: str, seconds: float) -> None:
        best[question, engine] = min(best.get((question, engine), float("inf")), seconds)

    folder = tempfile.TemporaryDirectory()
    cuts = Path(folder.name) / "cuts.parquet"
    asked = [str(program), str(arguments.root), "2", str(arguments.threads), str(cuts)]
    subprocess.run(asked, capture_output=True, check=True)
    others = {"duckdb": duckdb_answers(run, cuts, arguments.threads), "polars": polars_answers(run, cuts)}
    for answers in others.values():
        for ask in answers.values():
            ask()
    questions: list[str] = []
    for _ in range(arguments.rounds):
        told = subprocess.run(asked, capture_output=True, text=True, check=True)
        for line in told.stdout.splitlines():
            record = json.loads(line)
            if record["question"] not in questions:
                questions.append(record["question"])
            keep(record["question"], "cobre", record["ours_s"])
            keep(record["question"], "datafusion", record["plain_s"])
        for engine, answers in others.items():
            for question, ask in answers.items():
                keep(question, engine, timed(ask))
    for (question, engine), seconds in best.items():
        print(json.dumps({"question": question, "engine": engine, "seconds": seconds}))
    print(f"\n{'question':16}" + "".join(f"{engine + ' (ms)':>18}" for engine in ENGINES))
    for question in questions:
        times = [best.get((question, engine)) for engine in ENGINES]
        print(f"{question:16}" + "".join(f"{seconds * 1000:18.1f}" if seconds else f"{'':18}" for seconds in times))
    return 0


if __name__ == "__main__":
    sys.exit(main())
