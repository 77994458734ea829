"""Checks the server of `cobre serve` with the official driver of ADBC, and what it does with hostile statements."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import adbc_driver_flightsql.dbapi as flight_sql
import adbc_driver_manager
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.flight
import pytest

from program import ROOT, cobre_program

TOKEN = "0123456789abcdef0123456789abcdef"
SCENARIOS = 200
# Stages, blocks, plants of the toy case.
THERMAL_ROWS = SCENARIOS * 6 * 2 * 3
# What a query may hold: little, so that limits are met early.
MEMORY = "48M"
Server = Callable[..., "Running"]


class Running:
    """A server on a free port, until it is told to end."""

    def __init__(self, *arguments: str, token: str | None = TOKEN) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "COBRE_TOKEN"}
        if token is not None:
            environment["COBRE_TOKEN"] = token
        self.process = subprocess.Popen(
            [str(cobre_program()), "serve", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith("listening on grpc"):
            raise AssertionError(line + self.process.communicate()[1])
        self.url = line.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])

    def connect(self, token: str | None = TOKEN, **options: str) -> flight_sql.Connection:
        keywords = dict(options)
        if token is not None:
            keywords["adbc.flight.sql.authorization_header"] = f"Bearer {token}"
        return flight_sql.connect(self.url, db_kwargs=keywords, autocommit=True)

    def flight_client(self) -> pyarrow.flight.FlightClient:
        return pyarrow.flight.FlightClient(self.url.replace("grpc://", "grpc+tcp://"))

    def answer(self, query: str, parameters: object = None) -> pa.Table:
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetch_arrow_table()

    def refusal(self, query: str) -> str:
        with pytest.raises(adbc_driver_manager.Error) as caught:
            self.answer(query)
        return str(caught.value)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a run of the toy case."""
    root = tmp_path_factory.mktemp("served")
    run(root)
    return root


def run(root: Path) -> None:
    command = [str(cobre_program()), "run", str(ROOT / "datasets" / "toy"), "--output", str(root), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def start() -> Iterator[Server]:
    """Starts servers, and ends those that still run."""
    running: list[Running] = []

    def begin(*arguments: str, token: str | None = TOKEN) -> Running:
        running.append(Running(*arguments, token=token))
        return running[-1]

    yield begin
    for server in running:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


@pytest.fixture(scope="module")
def server(results: Path, start: Server) -> Running:
    return start(f"base={results}", "--memory-limit", MEMORY)


def test_catalogue_schemas_and_tables_are_listed(server: Running, results: Path) -> None:
    with server.connect() as connection:
        (catalog,) = connection.adbc_get_objects(depth="tables").read_all().to_pylist()
        assert catalog["catalog_name"] == "cobre"
        schemas = {schema["db_schema_name"]: schema for schema in catalog["catalog_db_schemas"]}
        assert set(schemas) == {"base", "base_inputs"}
        schema = schemas["base"]
        tables = {table["table_name"]: table["table_type"] for table in schema["db_schema_tables"]}
        written = {path.name for path in (results / "run=1" / "simulation").iterdir()}
        assert {"hydros", "thermals", "buses", "costs"} <= written & set(tables)
        assert set(tables.values()) <= {"TABLE", "VIEW"}
        assert connection.adbc_get_table_types() == ["TABLE", "VIEW"]
        columns = connection.adbc_get_table_schema("thermals", db_schema_filter="base")
        assert columns.field("thermal_id").type == pa.int32()
        assert columns.field("generation_mwh").type == pa.float64()
        pattern = connection.adbc_get_objects(depth="tables", table_name_filter="thermal%").read_all().to_pylist()
        (found,) = (schema for schema in pattern[0]["catalog_db_schemas"] if schema["db_schema_name"] == "base")
        assert {table["table_name"] for table in found["db_schema_tables"]} == {
            name for name in tables if name.startswith("thermal")
        }
        info = connection.adbc_get_info()
        assert info["vendor_name"] == "cobre"
        assert info["vendor_version"]


def test_plain_queries_answer_as_the_files_do(server: Running, results: Path) -> None:
    thermals = ds.dataset(results / "run=1" / "simulation" / "thermals", partitioning="hive").to_table()
    assert server.answer("SELECT count(*) AS n FROM thermals").to_pylist() == [{"n": THERMAL_ROWS}]
    energy = thermals.group_by("thermal_id").aggregate([("generation_mwh", "sum")]).sort_by("thermal_id")
    answered = server.answer(
        "SELECT thermal_id, sum(generation_mwh) AS mwh FROM base.thermals GROUP BY thermal_id ORDER BY thermal_id"
    )
    assert answered["thermal_id"].to_pylist() == energy["thermal_id"].to_pylist()
    assert answered["mwh"].to_pylist() == pytest.approx(energy["generation_mwh_sum"].to_pylist(), rel=1e-12)
    assert server.answer("EXPLAIN SELECT 1").num_rows > 0
    assert "thermals" in server.answer("SHOW TABLES")["table_name"].to_pylist()


@pytest.mark.parametrize("style", [("?", "?"), ("$1", "$2")])
def test_prepared_queries_take_parameters(server: Running, style: tuple[str, str]) -> None:
    query = f"SELECT count(*) AS n FROM thermals WHERE thermal_id = {style[0]} AND stage_id < {style[1]}"
    with server.connect() as connection, connection.cursor() as cursor:
        parameters = cursor.adbc_prepare(query)
        assert parameters is not None
        assert [field.type for field in parameters] == [pa.int32(), pa.int32()]
        for stages in (1, 4):
            cursor.execute(query, (1, stages))
            assert cursor.fetchall() == [(SCENARIOS * 2 * stages,)]
        cursor.execute(query, pa.record_batch({"a": [0, 1], "b": [1, 2]}))
        assert cursor.fetchall() == [(SCENARIOS * 2,), (SCENARIOS * 2 * 2,)]
        cursor.execute("SELECT concat($2, $1) AS text, $3 IS NULL AS nothing, $4 / 2 AS half", ("a", "b", None, 3.0))
        assert cursor.fetchall() == [("ba", True, 1.5)]
        with pytest.raises(adbc_driver_manager.Error, match="2 parameters; 1"):
            cursor.execute(query, (1,))
    assert "2 parameters; 0" in server.refusal(query)


def test_the_schema_of_an_answer_is_told_before_it_runs(server: Running) -> None:
    with server.connect() as connection, connection.cursor() as cursor:
        schema = cursor.adbc_execute_schema("SELECT thermal_id, generation_mwh FROM thermals")
        assert [(field.name, field.type) for field in schema] == [
            ("thermal_id", pa.int32()),
            ("generation_mwh", pa.float64()),
        ]


def test_five_million_rows_are_streamed(server: Running) -> None:
    query = "SELECT scenario_id, thermal_id, generation_mwh, value FROM thermals CROSS JOIN generate_series(1, 700)"
    rows, largest = 0, 0
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(query)
        for batch in cursor.fetch_record_batch():
            rows += batch.num_rows
            largest = max(largest, batch.num_rows)
    assert rows == THERMAL_ROWS * 700 > 5_000_000
    assert largest < 100_000


@pytest.mark.parametrize("token", [None, "wrong", TOKEN + "0", TOKEN[:-1]])
def test_nobody_is_answered_without_the_token(server: Running, token: str | None) -> None:
    with (
        pytest.raises(adbc_driver_manager.Error, match=r"(?i)unauthenticated"),
        server.connect(token) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT 1")


def test_a_name_and_the_token_as_password_will_do(server: Running) -> None:
    with server.connect(None, username="anna", password=TOKEN) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 AS one")
        assert cursor.fetchall() == [(1,)]
    with pytest.raises(adbc_driver_manager.Error, match=r"(?i)unauthenticated"):
        server.connect(None, username="anna", password="wrong")


WRITES = [
    "UPDATE thermals SET thermal_id = 1",
    "DELETE FROM thermals",
    "TRUNCATE TABLE thermals",
    "INSERT INTO thermals SELECT * FROM thermals",
    "CREATE TABLE t AS SELECT 1",
    "CREATE VIEW v AS SELECT 1",
    "CREATE SCHEMA s",
    "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
    "DROP TABLE thermals",
    "SELECT 1 AS a INTO t",
    "COPY thermals TO '{file}'",
    "COPY (SELECT 1) TO '{file}' STORED AS CSV",
    "EXPLAIN ANALYZE COPY thermals TO '{file}'",
    "EXPLAIN ANALYZE INSERT INTO thermals SELECT * FROM thermals",
    "SET datafusion.runtime.memory_limit = '100G'",
    "SELECT * FROM '{passwd}'",
]


def test_nothing_can_be_written(server: Running, results: Path, tmp_path: Path) -> None:
    def files() -> set[tuple[str, int, int]]:
        found = (path for path in results.rglob("*") if path.is_file())
        return {(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in found}

    before = files()
    file = tmp_path / "never.csv"
    for query in WRITES:
        server.refusal(query.format(file=file, passwd="/etc/passwd"))
    with server.connect() as connection, connection.cursor() as cursor:
        with pytest.raises(adbc_driver_manager.Error, match="only reads"):
            cursor.execute("COPY thermals TO '/tmp/never.csv'")
        with pytest.raises(adbc_driver_manager.Error):
            cursor.adbc_ingest("sent", pa.table({"a": [1]}), mode="create")
        with pytest.raises(adbc_driver_manager.Error):
            cursor.executemany("INSERT INTO thermals VALUES (?)", [(1,), (2,)])
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.adbc_statement.set_sql_query("DELETE FROM thermals")
        with pytest.raises(adbc_driver_manager.Error, match="only reads"):
            cursor.adbc_statement.execute_update()
    assert not file.exists()
    assert not Path("/tmp/never.csv").exists()
    assert files() == before


def test_clients_are_answered_side_by_side(server: Running) -> None:
    def ask(stage: int) -> int:
        query = "SELECT count(*) AS n FROM thermals WHERE stage_id = ?"
        return int(server.answer(query, (stage % 6,))["n"][0].as_py())

    with ThreadPoolExecutor(8) as clients:
        assert set(clients.map(ask, range(24))) == {SCENARIOS * 2 * 3}


def test_a_query_over_the_memory_limit_fails_alone(server: Running) -> None:
    join = "SELECT count(*) FROM generate_series(1, 4000000) a JOIN generate_series(1, 4000000) b USING (value)"
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT value FROM generate_series(1, 1000000)")
        reader = cursor.fetch_record_batch()
        rows = reader.read_next_batch().num_rows
        assert "Resources exhausted" in server.refusal(join)
        rows += sum(batch.num_rows for batch in reader)
    assert rows == 1_000_000


def test_a_sort_over_the_memory_limit_is_spilled(server: Running) -> None:
    query = "SELECT value % 1000003 AS key, value FROM generate_series(1, 4000000) ORDER BY key DESC, value"
    last, rows = None, 0
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(query)
        for batch in cursor.fetch_record_batch():
            first, end = batch["key"][0].as_py(), batch["key"][-1].as_py()
            assert first >= end
            assert last is None or last >= first
            last, rows = end, rows + batch.num_rows
    assert rows == 4_000_000


ENDLESS = (
    "SELECT count(*) FROM thermals a, thermals b, thermals c, thermals d, thermals e WHERE a.stage_id + e.stage_id < 0"
)


def fetch(cursor: flight_sql.Cursor, query: str) -> list[tuple[object, ...]]:
    cursor.execute(query)
    return list(cursor.fetchall())


def test_a_running_query_can_be_cancelled(server: Running) -> None:
    with server.connect() as connection, connection.cursor() as cursor:
        timer = threading.Timer(0.5, cursor.adbc_cancel)
        timer.start()
        begun = time.monotonic()
        with pytest.raises((adbc_driver_manager.Error, OSError, pa.ArrowException), match=r"(?i)cancel"):
            fetch(cursor, ENDLESS)
        timer.join()
        assert time.monotonic() - begun < 10
        cursor.execute("SELECT 1 AS one")
        assert cursor.fetchall() == [(1,)]


def flight_options(token: str = TOKEN) -> pyarrow.flight.FlightCallOptions:
    return pyarrow.flight.FlightCallOptions(headers=[(b"authorization", f"Bearer {token}".encode())])


def message(number: int, body: bytes) -> bytes:
    """A field of a protocol buffer that holds bytes."""
    length, size = b"", len(body)
    while True:
        length += bytes([size & 127 | (128 if size > 127 else 0)])
        size >>= 7
        if not size:
            return bytes([number << 3 | 2]) + length + body


def command(name: str, body: bytes) -> bytes:
    return message(1, f"type.googleapis.com/arrow.flight.protocol.sql.{name}".encode()) + message(2, body)


def statement(query: str) -> pyarrow.flight.FlightDescriptor:
    return pyarrow.flight.FlightDescriptor.for_command(command("CommandStatementQuery", message(1, query.encode())))


def test_another_client_can_cancel_a_query(server: Running) -> None:
    client = server.flight_client()
    descriptor = statement(ENDLESS)
    info = client.get_flight_info(descriptor, flight_options())
    cancel = pyarrow.flight.Action("CancelFlightInfo", message(1, info.serialize()))
    timer = threading.Timer(0.5, lambda: list(client.do_action(cancel, flight_options())))
    timer.start()
    begun = time.monotonic()
    # What the server has cancelled this reader takes for Ctrl-C.
    with pytest.raises((pyarrow.flight.FlightCancelledError, KeyboardInterrupt)):
        client.do_get(info.endpoints[0].ticket, flight_options()).read_all()
    timer.join()
    assert time.monotonic() - begun < 10
    with pytest.raises(KeyError, match="there is no such query"):
        list(client.do_action(cancel, flight_options()))
    with pytest.raises(pyarrow.flight.FlightUnauthenticatedError):
        client.get_flight_info(descriptor)
    with pytest.raises(KeyError, match="there is no such query"):
        client.do_get(info.endpoints[0].ticket, flight_options()).read_all()


def nested(opening: str, inside: str, closing: str, times: int) -> str:
    return f"SELECT * FROM {opening * times}{inside}{closing * times}"


HOSTILE = {
    "parentheses": "SELECT " + "(" * 100_000 + "1" + ")" * 100_000,
    "fewer parentheses": "SELECT " + "(" * 300 + "1" + ")" * 300,
    "subqueries": nested("(SELECT * FROM ", "thermals", ")", 10_000),
    "fewer subqueries": nested("(SELECT * FROM ", "thermals", ")", 100),
    "alternatives": "SELECT * FROM thermals WHERE " + " OR ".join(["stage_id = 1"] * 60_000),
    "sum": "SELECT 1" + "+1" * 400_000,
    "negations": "SELECT " + "NOT " * 100_000 + "true",
    "unions": " UNION ALL ".join(["SELECT 1, 2"] * 20_000),
    "joins": "SELECT count(*) FROM " + ", ".join(["thermals"] * 10_000),
    "doubling names": "WITH a0 AS (SELECT 1 AS x)"
    + "".join(f", a{i} AS (SELECT p.x FROM a{i - 1} p, a{i - 1} q)" for i in range(1, 40))
    + " SELECT * FROM a39",
    "columns": "SELECT " + ", ".join(["stage_id"] * 100_000) + " FROM thermals",
    "grouping sets": "SELECT 1 FROM thermals GROUP BY CUBE (" + ", ".join(f"stage_id + {i}" for i in range(30)) + ")",
    "megabytes": "SELECT '" + "x" * 2_000_000 + "'",
    "more than a message": "SELECT '" + "x" * 20_000_000 + "'",
    "memory": "SELECT repeat('x', 2147483647)",
    "more memory": "SELECT range(1, 100000000000)",
    "no end": "SELECT 'x",
    "no statement": ";",
    "two statements": "SELECT 1; SELECT 2",
    "control characters": "\x01\x02\x03",
    "unknown": "SELECT nope FROM thermals",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_statements_end_in_an_error(server: Running, name: str) -> None:
    begun = time.monotonic()
    told = server.refusal(HOSTILE[name])
    assert len(told) < 5000
    assert time.monotonic() - begun < 10
    assert server.answer("SELECT 1 AS one").to_pylist() == [{"one": 1}]
    assert server.process.poll() is None


def test_a_long_list_is_no_hostile_statement(server: Running) -> None:
    numbers = ",".join(str(number) for number in range(10_000))
    query = f"SELECT count(*) AS n FROM thermals WHERE scenario_id IN ({numbers})"
    assert server.answer(query).to_pylist() == [{"n": THERMAL_ROWS}]


def test_what_is_no_call_is_survived(server: Running) -> None:
    client = server.flight_client()
    broken = [
        b"",
        b"\xff" * 1000,
        command("CommandStatementQuery", b"\xff\xff"),
        command("CommandStatementQuery", message(1, b"SELECT \xff\xfe")),
        command("CommandNobodyKnows", b""),
        command("CommandPreparedStatementQuery", message(1, b"no handle")),
        command("CommandStatementSubstraitPlan", b""),
    ]
    for body in broken:
        with pytest.raises((pyarrow.flight.FlightError, pa.ArrowException, KeyError)):
            client.get_flight_info(pyarrow.flight.FlightDescriptor.for_command(body), flight_options())
        with pytest.raises((pyarrow.flight.FlightError, pa.ArrowException, KeyError)):
            client.do_get(pyarrow.flight.Ticket(body), flight_options()).read_all()
        with pytest.raises((pyarrow.flight.FlightError, pa.ArrowException, KeyError)):
            list(client.do_action(pyarrow.flight.Action("CreatePreparedStatement", body), flight_options()))
    for noise in (b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 4096, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 4096):
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            connection.sendall(noise)
    assert server.answer("SELECT 1 AS one").to_pylist() == [{"one": 1}]


def test_queries_wait_for_their_turn_and_have_a_time(results: Path, start: Server) -> None:
    server = start(f"base={results}", "--max-queries", "1", "--query-timeout", "2")
    with ThreadPoolExecutor(2) as clients:
        endless = clients.submit(server.refusal, ENDLESS)
        time.sleep(0.3)
        begun = time.monotonic()
        assert server.answer("SELECT 1 AS one").to_pylist() == [{"one": 1}]
        assert time.monotonic() - begun > 0.5
        assert "2 seconds" in endless.result()


def test_what_is_committed_later_is_seen(results: Path, start: Server) -> None:
    root = results.parent / "grows"
    run(root)
    server = start(f"newest={root}", f"first={root}#1")
    with server.connect() as connection, connection.cursor() as cursor:
        query = "SELECT (SELECT count(*) FROM newest.thermals) AS a, (SELECT count(*) FROM first.thermals) AS b"
        cursor.adbc_prepare(query)
        cursor.execute(query)
        assert cursor.fetchall() == [(THERMAL_ROWS, THERMAL_ROWS)]
        run(root)
        cursor.execute("EXPLAIN SELECT * FROM newest.thermals")
        assert "run=2/" in str(cursor.fetchall())
        cursor.execute("EXPLAIN SELECT * FROM first.thermals")
        assert "run=2/" not in str(cursor.fetchall())


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of this machine, and its key."""
    paths = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2"]
    subprocess.run([*command, "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    return paths


def test_encrypted_connections(results: Path, start: Server, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    server = start(f"base={results}", "--tls-cert", str(cert), "--tls-key", str(key), "--bind", "0.0.0.0")
    assert server.url.startswith("grpc+tls://0.0.0.0:")
    server.url = f"grpc+tls://127.0.0.1:{server.port}"
    trust = {"adbc.flight.sql.client_option.tls_root_certs": cert.read_text()}
    with server.connect(TOKEN, **trust) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 AS one")
        assert cursor.fetchall() == [(1,)]
    with pytest.raises(adbc_driver_manager.Error):
        server.answer("SELECT 1")


def test_the_server_ends_in_order(results: Path, start: Server) -> None:
    server = start(f"base={results}", token=None)
    assert server.process.stderr is not None
    token = server.process.stderr.readline().split()[-1]
    # The driver of ADBC would want to close its statement at a server that has ended.
    client = server.flight_client()
    descriptor = statement("SELECT value FROM generate_series(1, 3000000)")
    ticket = client.get_flight_info(descriptor, flight_options(token)).endpoints[0].ticket
    reader = client.do_get(ticket, flight_options(token))
    rows = reader.read_chunk().data.num_rows
    server.process.send_signal(signal.SIGTERM)
    rows += reader.read_all().num_rows
    assert rows == 3_000_000
    client.close()
    assert server.process.wait(timeout=30) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=5)
