"""Outputs on a disk, in an object store or in memory.

Which path copies, from the files on:

| from | to | what is in memory |
|---|---|---|
| `outputs[name]` | `Table` | the table, decoded once; from there on see `cobre.Table` |
| `outputs.scan(name)` | `pl.LazyFrame` | columns that the query needs, of row groups that it does not rule out |
| `outputs.batches(name)` | any reader of Arrow streams | one row group at a time |
| `outputs.sql(query)` | `Table` | the answer, and what the query needs on the way |
"""

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from types import TracebackType
from typing import Any, Self, final

import polars as pl

from .policy import Policy
from .tables import Table

@final
class Outputs:
    """A committed run of an output root; made by `cobre.open`.

    Tables are those of the run's manifest, never of a listing: a file that is half written, or of another run, is not
    seen. Names are qualified, such as `simulation/hydros`; the plain name will do where only one table has it.

    `with cobre.open(url) as outputs:` closes it at the end. What was made of it before (tables, lazy frames) stays
    good. A pickle holds the location, the number of the run and the storage options, secrets included; not the tables.

    Example:
        >>> import tempfile
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> short = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
        >>> root = tempfile.mkdtemp()
        >>> training = cobre.train(case, short, output=root)
        >>> with cobre.open(root) as outputs:
        ...     "convergence" in outputs, len(outputs["convergence"])
        (True, 2)
    """

    @property
    def url(self) -> str:
        """The location, as it was given."""

    @property
    def run(self) -> int:
        """Number of the run."""

    @property
    def runs(self) -> list[int]:
        """Numbers of all committed runs of the root, ascending; looked up now.

        Raises:
            IOError: the store does not answer.
        """

    @property
    def names(self) -> list[str]:
        """Qualified names of the tables, ascending, those without rows included."""

    @property
    def manifest(self) -> dict[str, Any]:
        """The record of the run: status, times, case, options, summary, every file with rows, bytes and checksum."""

    @property
    def closed(self) -> bool:
        """Whether it was closed; then everything but this and `url` raises `ClosedError`."""

    def __len__(self) -> int: ...
    def __contains__(self, name: str, /) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __getitem__(self, name: str, /) -> Table:
        """A table, read whole into memory, in canonical order.

        Raises:
            ArgumentError: there is no such table, or several are named so.
            IOError: a file is missing, damaged, or not what the manifest says.
        """

    def scan(self, name: str) -> pl.LazyFrame:
        """A table as a lazy frame of Polars: filters, columns and limits of the query reach the files.

        On a disk Polars reads the files itself. From object stores and memory the program reads for it, and leaves out
        files and row groups that a filter on whole numbers (stage, plant, scenario …) rules out.

        Raises:
            ArgumentError: there is no such table, or several are named so.
            IOError: the first file cannot be read.

        Example:
            >>> import tempfile
            >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
            >>> short = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
            >>> root = tempfile.mkdtemp()
            >>> training = cobre.train(case, short, output=root)
            >>> bounds = cobre.open(root).scan("convergence").select("iteration", "lower_bound")
            >>> bounds.filter(pl.col("iteration") == 2).collect().height
            1
        """

    def batches(self, name: str) -> Batches:
        """A table as a stream that holds one row group in memory at a time.

        Raises:
            ArgumentError: there is no such table, or several are named so.
            IOError: the first file cannot be read.
        """

    def sql(
        self,
        query: str,
        parameters: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        memory_limit: int | None = None,
        **tables: Any,
    ) -> Table:
        """The answer to a query over the run: its tables, views, dictionaries, inputs and policy, without a prefix.

        Ctrl-C stops the query. Statements that change something are refused.

        Args:
            query: SQL, as `cobre sql` understands it.
            parameters: values for `$1`, `$2` … as a sequence, or for `$name` as a mapping.
            memory_limit: bytes the query may hold; what does not fit is spilled where the operator can.
            tables: further things by name, as in `cobre.sql`; Arrow objects (frames, tables) need no prefix.

        Raises:
            QueryError: the query is wrong, or needs more memory than it may have.
            IOError: a file cannot be read.

        Example:
            >>> import tempfile
            >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
            >>> short = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
            >>> root = tempfile.mkdtemp()
            >>> training = cobre.train(case, short, output=root)
            >>> cobre.open(root).sql("SELECT count(*) AS n FROM convergence WHERE iteration >= $1", [2])["n"]
            array([1])
        """

    def policy(self) -> Policy:
        """The policy of the run, read into memory.

        Raises:
            ArgumentError: the run has none.
            IOError: it cannot be read, or is damaged.
        """

    def refresh(self) -> bool:
        """Looks for a newer run, or, where a run was asked for, for a newer commit of it.

        Returns:
            Whether there was one.

        Raises:
            IOError: the store does not answer.
        """

    def close(self) -> None:
        """Lets go of the run. Closing twice is fine."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        *_exception: type[BaseException] | BaseException | TracebackType | None,
    ) -> None: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def _parts(self, name: str) -> _TableParts: ...
    def _repr_html_(self) -> str: ...

@final
class Batches:
    """A table of a run that is read piece by piece; made by `Outputs.batches`.

    Read it with anything that takes an Arrow stream (`pyarrow.RecordBatchReader.from_stream(batches)`, DuckDB,
    `pl.scan_arrow_c_stream(batches)`), as often as wanted: every stream begins at the first row. As an iterator it
    gives one `Table` per row group, once.
    """

    @property
    def name(self) -> str:
        """Qualified name of the table."""

    def __iter__(self) -> Self: ...
    def __next__(self) -> Table: ...
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...
    def __arrow_c_schema__(self) -> Any: ...

def open(
    url: str | PathLike[str], *, run: int | None = None, storage_options: Mapping[str, str] | None = None
) -> Outputs:
    """Opens a committed run of an output root: a folder, `s3://`, `az://`, `gs://` or, within the process, `memory://`.

    Only the manifest is read.

    Args:
        url: the root, as it was given to `train`, `simulate` or `cobre run`.
        run: number of the run; `None` for the newest.
        storage_options: what the store needs to know, such as `aws_endpoint`; keys in any case. They win over the
            variables of the environment (`AWS_…`, `AZURE_…`, `GOOGLE_…`).

    Raises:
        IOError: there is no such run, its record is damaged, or the store does not answer.

    Example:
        >>> import tempfile
        >>> cobre.open(tempfile.mkdtemp())
        Traceback (most recent call last):
        ...
        cobre.errors.IOError: ...
    """

@final
class _TableParts:
    @property
    def n_files(self) -> int: ...
    @property
    def paths(self) -> list[str] | None: ...
    def empty(self) -> Table: ...
    def partition(self, at: int) -> dict[str, int]: ...
    def bounds(self, at: int) -> dict[str, tuple[int, int]]: ...
    def open(self, at: int) -> _FileParts: ...

@final
class _FileParts:
    @property
    def n_groups(self) -> int: ...
    def bounds(self, group: int) -> dict[str, tuple[int, int]]: ...
    def read(self, columns: Sequence[str], group: int) -> Table: ...

def _reopen(url: str | PathLike[str], run: int, storage_options: Mapping[str, str]) -> Outputs: ...
def _outputs_from_files(files: Mapping[str, bytes]) -> Outputs: ...
