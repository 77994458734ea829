"""Outputs in object stores and in memory."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import cobre

OPTIONS = {
    "AWS_ACCESS_KEY_ID": "key",
    "aws_secret_access_key": "secret",
    "aws_region": "us-east-1",
    "aws_allow_http": "true",
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server that speaks the protocol of S3."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = Path(sys.executable).parent / "moto_server"
    server = subprocess.Popen(
        [program, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="module")
def remote(endpoint: str, root: Path) -> cobre.Outputs:
    """The run of `root` in a bucket."""
    import boto3

    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="studies")
    for folder, _, files in os.walk(root):
        for file in files:
            path = Path(folder) / file
            client.put_object(Bucket="studies", Key=f"base/{path.relative_to(root)}", Body=path.read_bytes())
    return cobre.open("s3://studies/base", storage_options={**OPTIONS, "aws_endpoint": endpoint})


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
    options = {**OPTIONS, "aws_endpoint": "http://127.0.0.1:9", "max_retries": "0", "retry_timeout_seconds": "1"}
    with pytest.raises(cobre.IOError):
        cobre.open("s3://studies/base", storage_options=options)


def test_an_empty_root_in_memory_has_no_run() -> None:
    with pytest.raises(cobre.IOError) as none:
        cobre.open("memory://nothing-here")
    assert none.value.kind == "output_not_found"
