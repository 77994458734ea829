"""Outputs in object stores and in memory."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import cobre
from bucket import Bucket, serve


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with serve() as served:
        yield served


@pytest.fixture(scope="module")
def remote(bucket: Bucket, root: Path) -> cobre.Outputs:
    """The run of `root` in a bucket."""
    return cobre.open(bucket.upload(root, "base"), storage_options=bucket.options)


def test_a_run_in_a_bucket_is_the_run_on_disk(remote: cobre.Outputs, outputs: cobre.Outputs) -> None:
    assert remote.names == outputs.names
    for name in ["hydros", "convergence", "simulation/scenario_summary"]:
        assert_frame_equal(remote[name].to_polars(), outputs[name].to_polars())
        assert_frame_equal(remote.scan(name).collect(), outputs[name].to_polars())
    text = "SELECT stage_id, avg(storage_final_hm3) AS mean FROM hydros GROUP BY stage_id ORDER BY stage_id"
    assert_frame_equal(remote.sql(text).to_polars(), outputs.sql(text).to_polars())
    assert sum(len(table) for table in remote.batches("hydros")) == len(outputs["hydros"])


def test_a_bucket_is_scanned_by_both_engines(remote: cobre.Outputs, outputs: cobre.Outputs) -> None:
    def question(lazy: pl.LazyFrame) -> pl.LazyFrame:
        wet = lazy.filter((pl.col("scenario_bucket") == 3) & (pl.col("hydro_id") == 1))
        return wet.group_by("stage_id", maintain_order=True).agg(pl.col("inflow_m3s").mean())

    expected = question(outputs.scan("hydros")).collect()
    assert expected.height > 0
    assert_frame_equal(question(remote.scan("hydros")).collect(), expected)
    assert_frame_equal(question(remote.scan("hydros")).collect(engine="streaming"), expected)


def test_outputs_in_a_bucket_are_pickled_with_their_options(remote: cobre.Outputs) -> None:
    again = pickle.loads(pickle.dumps(remote))
    assert again.url == "s3://studies/base"
    assert again.names == remote.names


def test_a_bucket_and_a_folder_meet_in_a_query(remote: cobre.Outputs, root: Path) -> None:
    text = "SELECT (SELECT count(*) FROM far.hydros) - (SELECT count(*) FROM near.hydros) AS difference"
    assert cobre.sql(text, far=remote, near=root)["difference"][0] == 0


def test_a_server_that_is_not_there_is_an_error() -> None:
    options = {**Bucket("http://127.0.0.1:9").options, "max_retries": "0", "retry_timeout_seconds": "1"}
    with pytest.raises(cobre.IOError):
        cobre.open("s3://studies/base", storage_options=options)


def test_an_empty_root_in_memory_has_no_run() -> None:
    with pytest.raises(cobre.IOError) as none:
        cobre.open("memory://nothing-here")
    assert none.value.kind == "output_not_found"
