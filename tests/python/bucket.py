"""A server that speaks the protocol of S3, for tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

NAME = "studies"


@dataclass(frozen=True)
class Bucket:
    """A bucket of the name `studies`."""

    endpoint: str

    @property
    def options(self) -> dict[str, str]:
        """What a store has to know to reach it."""
        return {
            "AWS_ACCESS_KEY_ID": "key",
            "aws_secret_access_key": "secret",
            "aws_region": "us-east-1",
            "aws_allow_http": "true",
            "aws_endpoint": self.endpoint,
        }

    def upload(self, root: Path, name: str) -> str:
        """Copies a folder below a name, and gives its URL."""
        client = self._client()
        for folder, _, files in os.walk(root):
            for file in files:
                path = Path(folder) / file
                client.put_object(Bucket=NAME, Key=f"{name}/{path.relative_to(root)}", Body=path.read_bytes())
        return f"s3://{NAME}/{name}"

    def create(self) -> None:
        self._client().create_bucket(Bucket=NAME)

    def _client(self) -> Any:  # boto3 makes its classes when they are asked for
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="us-east-1",
        )


@contextmanager
def serve() -> Iterator[Bucket]:
    """A bucket of its own server, as long as the block lasts."""
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
        bucket = Bucket(f"http://127.0.0.1:{port}")
        bucket.create()
        yield bucket
    finally:
        server.terminate()
        server.wait(10)
