"""Plan hydrothermal power systems by stochastic dual dynamic programming, and study the results as data."""

from cobre._cobre import __version__ as __version__
from cobre._cobre.threads import get_threads, set_threads
from cobre.errors import (
    ArgumentError,
    ClosedError,
    CobreError,
    InternalError,
    IOError,
    PolicyError,
    QueryError,
    SolverError,
    ValidationError,
)

__all__ = [
    "ArgumentError",
    "ClosedError",
    "CobreError",
    "IOError",
    "InternalError",
    "PolicyError",
    "QueryError",
    "SolverError",
    "ValidationError",
    "get_threads",
    "set_threads",
]
