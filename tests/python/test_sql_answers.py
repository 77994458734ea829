"""Checks that `cobre sql` answers as DuckDB and Polars do over the files that the manifest of the run names."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest

from bucket import serve
from program import ROOT, cobre

Tables = dict[str, pl.LazyFrame]


@dataclass(frozen=True)
class Question:
    """A question in SQL and in Polars; `duckdb` where DuckDB has other words for it."""

    name: str
    sql: str
    polars: Callable[[Tables], pl.LazyFrame]
    duckdb: str | None = None


def mean(column: str, name: str) -> pl.Expr:
    return pl.col(column).mean().alias(name)


def cvar(tables: Tables, tail: float) -> pl.LazyFrame:
    costs = tables["scenario_summary"].select("discounted_immediate_cost").collect().to_series()
    costs = costs.sort(descending=True)
    weight = tail * len(costs)
    whole = int(weight)
    total = costs.head(whole).sum() + (weight - whole) * costs[whole]
    return pl.LazyFrame({"cvar": [total / weight]})


def generation_mix(tables: Tables) -> pl.LazyFrame:
    n_scenarios = tables["scenario_summary"].collect().height
    sources = [("hydros", "hydro", "generation_mwh"), ("thermals", "thermal", "generation_mwh")]
    sources.append(("buses", "deficit", "deficit_mwh"))
    energy = [
        tables[table]
        .group_by("stage_id")
        .agg((pl.col(column).sum() / n_scenarios).alias("mean_mwh"))
        .select("stage_id", pl.lit(source).alias("source"), "mean_mwh")
        for table, source, column in sources
    ]
    return pl.concat(energy).sort("stage_id", "source")


def storage_above(tables: Tables) -> pl.LazyFrame:
    hydros = tables["hydros"].select("scenario_id", "stage_id", "block_id", "hydro_id", "storage_final_hm3")
    first, second = hydros.filter(pl.col("hydro_id") == 1), hydros.filter(pl.col("hydro_id") == 2)
    both = first.join(second, on=["scenario_id", "stage_id", "block_id"])
    above = both.filter(pl.col("storage_final_hm3") > 10 * pl.col("storage_final_hm3_right"))
    return above.group_by("stage_id").agg(pl.len().alias("n")).sort("stage_id")


QUESTIONS = [
    Question(
        "rows and scenarios",
        "SELECT count(*) AS n, count(DISTINCT scenario_id) AS n_scenarios, min(stage_id) AS first, "
        "max(stage_id) AS last FROM hydros",
        lambda t: t["hydros"].select(
            pl.len().alias("n"),
            pl.col("scenario_id").n_unique().alias("n_scenarios"),
            pl.col("stage_id").min().alias("first"),
            pl.col("stage_id").max().alias("last"),
        ),
    ),
    Question(
        "mean storage",
        "SELECT stage_id, hydro_id, avg(storage_final_hm3) AS storage, max(storage_final_hm3) AS top FROM hydros "
        "GROUP BY stage_id, hydro_id ORDER BY stage_id, hydro_id",
        lambda t: (
            t["hydros"]
            .group_by("stage_id", "hydro_id")
            .agg(mean("storage_final_hm3", "storage"), pl.col("storage_final_hm3").max().alias("top"))
            .sort("stage_id", "hydro_id")
        ),
    ),
    Question(
        "storage quantiles",
        "SELECT stage_id, hydro_id, quantile(storage_final_hm3, 0.05) AS p5, quantile(storage_final_hm3, 0.5) AS p50, "
        "quantile(storage_final_hm3, 0.95) AS p95 FROM hydros GROUP BY stage_id, hydro_id ORDER BY stage_id, hydro_id",
        lambda t: (
            t["hydros"]
            .group_by("stage_id", "hydro_id")
            .agg(
                pl.col("storage_final_hm3").quantile(p, interpolation="linear").alias(name)
                for name, p in [("p5", 0.05), ("p50", 0.5), ("p95", 0.95)]
            )
            .sort("stage_id", "hydro_id")
        ),
        duckdb="SELECT stage_id, hydro_id, quantile_cont(storage_final_hm3, 0.05) AS p5, "
        "quantile_cont(storage_final_hm3, 0.5) AS p50, quantile_cont(storage_final_hm3, 0.95) AS p95 FROM hydros "
        "GROUP BY stage_id, hydro_id ORDER BY stage_id, hydro_id",
    ),
    Question(
        "storage quantiles of the view",
        "SELECT stage_id, hydro_id, p25_hm3, median_hm3, mean_hm3 FROM storage_quantiles WHERE stage_id = 7 "
        "ORDER BY hydro_id",
        lambda t: (
            t["hydros"]
            .filter(pl.col("stage_id") == 7)
            .group_by("stage_id", "hydro_id")
            .agg(
                pl.col("storage_final_hm3").quantile(0.25, interpolation="linear").alias("p25_hm3"),
                pl.col("storage_final_hm3").median().alias("median_hm3"),
                mean("storage_final_hm3", "mean_hm3"),
            )
            .sort("hydro_id")
        ),
        duckdb="SELECT stage_id, hydro_id, quantile_cont(storage_final_hm3, 0.25) AS p25_hm3, "
        "median(storage_final_hm3) AS median_hm3, avg(storage_final_hm3) AS mean_hm3 FROM hydros WHERE stage_id = 7 "
        "GROUP BY stage_id, hydro_id ORDER BY hydro_id",
    ),
    Question(
        "costliest thermal plants",
        "SELECT thermal_id, sum(generation_cost) AS cost, sum(generation_mwh) AS energy FROM thermals "
        "GROUP BY thermal_id ORDER BY cost DESC, thermal_id LIMIT 10",
        lambda t: (
            t["thermals"]
            .group_by("thermal_id")
            .agg(pl.col("generation_cost").sum().alias("cost"), pl.col("generation_mwh").sum().alias("energy"))
            .sort("cost", "thermal_id", descending=[True, False])
            .head(10)
        ),
    ),
    Question(
        "probability of a deficit",
        "SELECT stage_id, bus_id, count(*) AS n, sum(deficit_mwh) AS deficit FROM buses WHERE deficit_mwh > 0.001 "
        "GROUP BY stage_id, bus_id ORDER BY stage_id, bus_id",
        lambda t: (
            t["buses"]
            .filter(pl.col("deficit_mwh") > 0.001)
            .group_by("stage_id", "bus_id")
            .agg(pl.len().alias("n"), pl.col("deficit_mwh").sum().alias("deficit"))
            .sort("stage_id", "bus_id")
        ),
    ),
    Question(
        "costliest scenarios",
        "SELECT scenario_id, discounted_immediate_cost AS cost FROM scenario_summary ORDER BY cost DESC, scenario_id "
        "LIMIT 25",
        lambda t: (
            t["scenario_summary"]
            .select("scenario_id", pl.col("discounted_immediate_cost").alias("cost"))
            .sort("cost", "scenario_id", descending=[True, False])
            .head(25)
        ),
    ),
    Question(
        "conditional value at risk",
        "SELECT cvar(discounted_immediate_cost, 0.037) AS cvar FROM scenario_summary",
        lambda t: cvar(t, 0.037),
        duckdb="WITH costs AS (SELECT discounted_immediate_cost AS cost, row_number() OVER (ORDER BY cost DESC) AS n, "
        "0.037::DOUBLE * count(*) OVER () AS weight FROM scenario_summary) "
        "SELECT sum(cost * greatest(0.0, least(1.0, weight - n + 1))) / any_value(weight) AS cvar FROM costs",
    ),
    Question(
        "flow over lines",
        "SELECT line_id, avg(direct_flow_mw) AS direct, avg(reverse_flow_mw) AS reverse, max(direct_flow_mw) AS top "
        "FROM exchanges WHERE stage_id BETWEEN 2 AND 4 GROUP BY line_id ORDER BY line_id",
        lambda t: (
            t["exchanges"]
            .filter(pl.col("stage_id").is_between(2, 4))
            .group_by("line_id")
            .agg(
                mean("direct_flow_mw", "direct"),
                mean("reverse_flow_mw", "reverse"),
                pl.col("direct_flow_mw").max().alias("top"),
            )
            .sort("line_id")
        ),
    ),
    Question(
        "present value of stages",
        "SELECT stage_id, sum(discount_factor * immediate_cost) AS value, max(future_cost) AS future FROM costs "
        "GROUP BY stage_id ORDER BY stage_id",
        lambda t: (
            t["costs"]
            .group_by("stage_id")
            .agg(
                (pl.col("discount_factor") * pl.col("immediate_cost")).sum().alias("value"),
                pl.col("future_cost").max().alias("future"),
            )
            .sort("stage_id")
        ),
    ),
    Question(
        "marginal cost of a bus",
        "SELECT stage_id, avg(spot_price) AS price, count(DISTINCT spot_price) AS n FROM buses WHERE bus_id = 1 "
        "GROUP BY stage_id ORDER BY stage_id",
        lambda t: (
            t["buses"]
            .filter(pl.col("bus_id") == 1)
            .group_by("stage_id")
            .agg(mean("spot_price", "price"), pl.col("spot_price").n_unique().alias("n"))
            .sort("stage_id")
        ),
    ),
    Question(
        "costliest scenario of every stage",
        "SELECT stage_id, scenario_id, immediate_cost FROM (SELECT *, row_number() OVER (PARTITION BY stage_id "
        "ORDER BY immediate_cost DESC, scenario_id) AS place FROM costs) AS c WHERE place = 1 ORDER BY stage_id",
        lambda t: (
            t["costs"]
            .sort("immediate_cost", "scenario_id", descending=[True, False])
            .group_by("stage_id", maintain_order=True)
            .agg(pl.col("scenario_id").first(), pl.col("immediate_cost").first())
            .sort("stage_id")
        ),
    ),
    Question(
        "convergence",
        "SELECT iteration, lower_bound, cuts_active FROM convergence WHERE iteration % 50 = 0 ORDER BY iteration",
        lambda t: (
            t["convergence"]
            .filter(pl.col("iteration") % 50 == 0)
            .select("iteration", "lower_bound", "cuts_active")
            .sort("iteration")
        ),
    ),
    Question(
        "cuts in use",
        "SELECT stage_id, count(*) AS n, count(last_binding_iteration) AS n_binding, max(intercept) AS top "
        "FROM cut_activity GROUP BY stage_id ORDER BY stage_id",
        lambda t: (
            t["cut_activity"]
            .group_by("stage_id")
            .agg(
                pl.len().alias("n"),
                pl.col("last_binding_iteration").count().alias("n_binding"),
                pl.col("intercept").max().alias("top"),
            )
            .sort("stage_id")
        ),
    ),
    Question(
        "one reservoir far above another",
        "SELECT a.stage_id AS stage_id, count(*) AS n FROM hydros AS a JOIN hydros AS b "
        "ON a.scenario_id = b.scenario_id AND a.stage_id = b.stage_id AND a.block_id = b.block_id "
        "WHERE a.hydro_id = 1 AND b.hydro_id = 2 AND a.storage_final_hm3 > 10 * b.storage_final_hm3 "
        "GROUP BY a.stage_id ORDER BY stage_id",
        storage_above,
    ),
    Question(
        "generation mix",
        "SELECT stage_id, source, mean_mwh FROM generation_mix ORDER BY stage_id, source",
        generation_mix,
        duckdb="SELECT stage_id, source, sum(mwh) / (SELECT count(*) FROM scenario_summary) AS mean_mwh FROM ("
        "SELECT stage_id, 'hydro' AS source, generation_mwh AS mwh FROM hydros "
        "UNION ALL SELECT stage_id, 'thermal', generation_mwh FROM thermals "
        "UNION ALL SELECT stage_id, 'deficit', deficit_mwh FROM buses) GROUP BY stage_id, source "
        "ORDER BY stage_id, source",
    ),
]


def run_study(root: Path, folder: Path, seed: int) -> None:
    """A run of four-reservoirs with openings of its own."""
    case = folder / f"case-{seed}"
    shutil.copytree(ROOT / "datasets" / "four-reservoirs", case, ignore=shutil.ignore_patterns("output"))
    config = json.loads((case / "config.json").read_text())
    config["training"]["tree_seed"] = seed
    config["training"]["stopping_rules"] = [{"type": "iteration_limit", "limit": 60}]
    config["simulation"]["selection"]["num_scenarios"] = 700
    (case / "config.json").write_text(json.dumps(config))
    done = cobre("run", case, "--output", root, "--quiet")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with one run."""
    root = tmp_path_factory.mktemp("study")
    run_study(root, tmp_path_factory.mktemp("cases"), 2011)
    return root


def files_of(root: Path, run: int) -> dict[str, list[str]]:
    """The files of every table of a run that has any, as the manifest names them."""
    tables = json.loads((root / "_meta" / f"run-{run}.json").read_text())["tables"]
    named = {
        name.split("/")[1]: [str(root / file["path"]) for file in entry["files"]] for name, entry in tables.items()
    }
    return {name: files for name, files in named.items() if files}


def ask_cobre(root: Path | str, sql: str, folder: Path, options: Sequence[str] = ()) -> pl.DataFrame:
    answer = folder / "answer.parquet"
    done = cobre("sql", root, sql, "--format", "parquet", "--output", answer, *options)
    assert done.returncode == 0, f"{sql}: {done.stderr}"
    return pl.read_parquet(answer)


def assert_same(found: pl.DataFrame, expected: pl.DataFrame) -> None:
    """Words and integers are equal, numbers to the order of their sums."""
    assert found.columns == expected.columns
    assert found.height == expected.height > 0
    for name in found.columns:
        column, other = found[name], expected[name]
        if column.dtype.is_float():
            assert column.to_list() == pytest.approx(other.to_list(), rel=1e-12, abs=1e-300), name
        else:
            assert column.to_list() == other.to_list(), name


def judge(root: Path, run: int, question: Question, folder: Path) -> None:
    compare(ask_cobre(root, question.sql, folder), root, run, question)


def compare(answer: pl.DataFrame, root: Path, run: int, question: Question) -> None:
    """Asks Polars and DuckDB the same of the files of a run."""
    files = files_of(root, run)
    tables = {name: pl.scan_parquet(paths, hive_partitioning=True) for name, paths in files.items()}
    assert_same(answer, question.polars(tables).collect())
    connection = duckdb.connect()
    for name, paths in files.items():
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({paths!r}, hive_partitioning = true)")
    assert_same(answer, pl.DataFrame(connection.sql(question.duckdb or question.sql)))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_three_engines_have_one_answer(study: Path, question: Question, tmp_path: Path) -> None:
    judge(study, 1, question, tmp_path)


def test_a_bucket_has_the_answers_of_the_folder(study: Path, tmp_path: Path) -> None:
    with serve() as bucket:
        url = bucket.upload(study, "base")
        options = [f"--storage-option={key}={value}" for key, value in bucket.options.items()]
        for question in QUESTIONS:
            compare(ask_cobre(url, question.sql, tmp_path, options), study, 1, question)


def test_answers_are_those_of_the_newest_run(study: Path, tmp_path: Path) -> None:
    sql = "SELECT lower_bound FROM convergence ORDER BY iteration DESC LIMIT 1"
    before = ask_cobre(study, sql, tmp_path)
    root = tmp_path / "root"
    shutil.copytree(study, root)
    run_study(root, tmp_path, 7)
    assert ask_cobre(root, "SELECT run, is_attached FROM runs ORDER BY run", tmp_path).rows() == [(1, False), (2, True)]
    assert ask_cobre(root, sql, tmp_path).item() != before.item()
    for question in QUESTIONS:
        judge(root, 2, question, tmp_path)
    # The run of before is still there under its number.
    named = Path(f"{root}#1")
    assert ask_cobre(named, sql, tmp_path).item() == before.item()


def test_a_file_that_is_gone_is_named(study: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    shutil.copytree(study, root)
    gone = Path(files_of(root, 1)["thermals"][-1])
    gone.unlink()
    done = cobre("sql", root, "SELECT sum(generation_mwh) FROM thermals")
    assert done.returncode == 2, done.stderr
    assert str(gone.relative_to(root)) in done.stderr
    # What does not need it is answered.
    assert ask_cobre(root, "SELECT count(*) AS n FROM hydros", tmp_path).item() > 0
