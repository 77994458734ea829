"""Tables in memory.

Which path copies:

| from | to | numeric columns | texts |
|---|---|---|---|
| `Table` | `pl.DataFrame(table)`, `table.to_polars()`, `table.lazy()` | shared | copied into views |
| `Table` | `pa.table(table)`, `table.to_arrow()` | shared | shared |
| `Table` | DuckDB, by the name of the variable | shared | shared |
| `Table` | `table.chunks(name)` | shared, read only | refused |
| `Table` | `table[name]` | shared and read only where there is one chunk without nulls, else copied | copied |
| `Table` | `table.to_pandas()` | copied | copied |
| any Arrow object; Polars joins the chunks of its frames first | `cobre.Table(data)` | shared | shared |
| `Table` | pickle | copied | copied |
"""

from typing import Any, final

import numpy.typing as npt
import pandas as pd
import polars as pl
import pyarrow as pa

@final
class Column:
    """What a column of a table is.

    Example:
        >>> table = cobre.Table(pl.DataFrame({"stage_id": [1, 2]}))
        >>> table.schema["stage_id"]
        Column(stage_id, Int64, nullable)
    """

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def type(self) -> str:
        """Its Arrow type, e.g. `Float64`."""

    @property
    def nullable(self) -> bool:
        """Whether values may be missing."""

    @property
    def unit(self) -> str | None:
        """Its unit, e.g. `hm3`; `None` for labels, counts and codes, and for columns that are not of the program."""

    @property
    def description(self) -> str | None:
        """What it means, if that is known."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Table:
    """Rows of one kind in memory, in the chunks they were made in.

    The rows are in canonical order; a chunk is what a file of a run would hold. Every library that speaks Arrow reads a
    table as it is (`pl.DataFrame(table)`, `pa.table(table)`, `duckdb.sql("SELECT … FROM table")`, narwhals); which path
    copies is in the table at the head of this module. A table never changes.

    Args:
        data: any object with `__arrow_c_stream__` or `__arrow_c_array__`: Polars, pyarrow, pandas, DuckDB.
        name: name of the table. The qualified name of a table of results gives the columns their units and meanings.

    Raises:
        TypeError: `data` is no Arrow object.

    Example:
        >>> table = cobre.Table(pl.DataFrame({"stage_id": [1, 2], "inflow_m3s": [41.5, 39.0]}), name="inflows")
        >>> table
        Table(inflows: 2 rows × 2 columns in 1 chunk)
        >>> table["inflow_m3s"]
        array([41.5, 39. ])
    """

    def __new__(cls, data: Any, name: str = "table") -> Table: ...
    @property
    def name(self) -> str:
        """Its name; for tables of results the qualified one, e.g. `simulation/hydros`."""

    @property
    def n_rows(self) -> int:
        """Number of rows."""

    @property
    def n_chunks(self) -> int:
        """Number of chunks."""

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""

    @property
    def schema(self) -> dict[str, Column]:
        """Type, unit and meaning of every column, in order."""

    def __len__(self) -> int: ...
    def __getitem__(self, column: str, /) -> npt.NDArray[Any]:
        """A column as a read-only array of shape `(n_rows,)`.

        A view of the table where it has one chunk and the column is numeric without nulls; else a copy, in which a
        missing number is NaN.

        Raises:
            ArgumentError: the table has no such column.
        """

    def chunks(self, column: str) -> list[npt.NDArray[Any]]:
        """A numeric column as read-only views, one per chunk; nothing is copied.

        Raises:
            ArgumentError: there is no such column, or it has nulls, or is not numeric.

        Example:
            >>> table = cobre.Table(pl.DataFrame({"storage_hm3": [10.0, 12.0]}))
            >>> [view.flags.writeable for view in table.chunks("storage_hm3")]
            [False]
        """

    def head(self, n: int = 5) -> Table:
        """The first `n` rows, as views.

        Example:
            >>> len(cobre.Table(pl.DataFrame({"stage_id": range(100)})).head(3))
            3
        """

    def to_polars(self) -> pl.DataFrame:
        """A frame of Polars that shares the numeric columns; texts are copied, because Polars keeps them as views.

        Example:
            >>> cobre.Table(pl.DataFrame({"stage_id": [1, 2]})).to_polars().height
            2
        """

    def lazy(self) -> pl.LazyFrame:
        """A lazy frame of Polars over the same memory.

        Example:
            >>> table = cobre.Table(pl.DataFrame({"stage_id": [1, 1, 2]}))
            >>> table.lazy().filter(pl.col("stage_id") == 1).collect().height
            2
        """

    def to_arrow(self) -> pa.Table:
        """A table of pyarrow that shares all columns.

        Raises:
            ImportError: pyarrow is not installed.

        Example:
            >>> cobre.Table(pl.DataFrame({"stage_id": [1, 2]})).to_arrow().num_rows
            2
        """

    def to_pandas(self) -> pd.DataFrame:
        """A frame of pandas; a copy.

        Raises:
            ImportError: pandas or pyarrow is not installed.

        Example:
            >>> cobre.Table(pl.DataFrame({"stage_id": [1, 2]})).to_pandas().shape
            (2, 1)
        """

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...
    def __arrow_c_schema__(self) -> Any: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def _addresses(self, column: str) -> list[int]: ...
    def _repr_html_(self) -> str: ...

def _table_from_ipc(name: str, content: bytes) -> Table: ...
