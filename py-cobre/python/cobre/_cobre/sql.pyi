"""Questions in SQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from .tables import Table

def sql(
    query: str,
    parameters: Sequence[Any] | Mapping[str, Any] | None = None,
    *,
    memory_limit: int | None = None,
    storage_options: Mapping[str, str] | None = None,
    **attached: Any,
) -> Table:
    """The answer to a query over several things at once, each under the name it is given by.

    Paths and URLs of output roots or case directories (`"s3://bucket/dry#3"` for run 3), `Outputs`, cases and results
    in memory are schemas: `base.hydros`. The tables of the first of them need no prefix. Arrow objects (frames of
    Polars and pandas, tables of pyarrow, `Table`) are tables: `plants`.

    Ctrl-C stops the query. Statements that change something are refused.

    Args:
        query: SQL, as `cobre sql` understands it.
        parameters: values for `$1`, `$2` … as a sequence, or for `$name` as a mapping.
        memory_limit: bytes the query may hold; what does not fit is spilled where the operator can.
        storage_options: what the stores of URLs need to know.
        attached: what the query sees.

    Raises:
        ArgumentError: a name is no lower-case identifier, or taken.
        TypeError: something is none of the above.
        QueryError: the query is wrong, or needs more memory than it may have.
        IOError: something cannot be read.

    Example:
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> cobre.sql("SELECT count(*) AS n FROM study.hydros", study=case)["n"]
        array([4])
        >>> frame = pl.DataFrame({"hydro_id": [1, 2], "owner": ["A", "B"]})
        >>> cobre.sql("SELECT owner FROM plants WHERE hydro_id = $1", [2], plants=frame).to_polars().item()
        'B'
    """
