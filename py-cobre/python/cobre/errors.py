"""What `cobre` raises.

Every error of the program is a `CobreError`: `kind` is a stable name, `message` says what failed, where, what was found
and what was expected, `context` holds the same as data, `suggestion` is the next action, if there is an obvious one.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any


class CobreError(Exception):
    """Base of all errors of the program.

    Attributes:
        kind: stable name of what went wrong, e.g. `invalid_case`.
        message: what failed, where, what was found and expected.
        context: the facts of the message, as plain data.
        suggestion: what to do next, if there is an obvious action.
    """

    kind: str
    message: str
    context: dict[str, Any]
    suggestion: str | None

    def __init__(
        self,
        message: str,
        *,
        kind: str = "unknown",
        context: Mapping[str, Any] | None = None,
        suggestion: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.context = dict(context or {})
        self.suggestion = suggestion

    def __str__(self) -> str:
        return self.message if self.suggestion is None else f"{self.message}\nhint: {self.suggestion}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.kind, self.context, self.suggestion)


def _rebuild(
    of: type[CobreError], message: str, kind: str, context: dict[str, Any], suggestion: str | None
) -> CobreError:
    return of(message, kind=kind, context=context, suggestion=suggestion)


class ValidationError(CobreError):
    """A case breaks rules of the format; nothing was computed.

    `kind`: `invalid_case`.
    """

    @property
    def findings(self) -> list[dict[str, Any]]:
        """Everything that was found, warnings included: code, severity, file, pointer, value, message, hint."""
        return list(self.context.get("findings", []))


class SolverError(CobreError):
    """A stage problem has no solution.

    `kind`: `solver_failure`.
    """

    @property
    def stage_id(self) -> int:
        """Label of the stage."""
        return int(self.context["stage_id"])

    @property
    def opening(self) -> int:
        """Position of the opening, 0-based."""
        return int(self.context["opening"])

    @property
    def iteration(self) -> int:
        """Iteration, 1-based; 0 in a simulation."""
        return int(self.context["iteration"])

    @property
    def dump(self) -> str:
        """The stage problem in CPLEX LP format, as text to write into a file."""
        return str(self.context["dump"])


class IOError(CobreError):
    """Something cannot be read or written.

    `kind`: `io`, `case_not_readable`, `case_not_written`, `output_not_found`, `output_corrupted`, `schema_mismatch`,
    `query_io`.
    """

    @property
    def path(self) -> str | None:
        """The file, folder or URL, where one is to blame."""
        return self.context.get("path")


class ArgumentError(CobreError, builtins.ValueError):
    """An argument does not fit what it is about: a wrong shape, a NaN, a name that is not there.

    `kind`: `argument`, `case_edit`, `option`, `attachment`, `refused`, `unsupported`.
    """


class PolicyError(CobreError, builtins.ValueError):
    """A policy does not fit the system it is used with.

    `kind`: `policy_mismatch`.
    """


class QueryError(CobreError):
    """A query is wrong, or needs more than it may have.

    `kind`: `query`.
    """


class ClosedError(CobreError):
    """An object was used after it was closed.

    `kind`: `closed`.
    """


class InternalError(CobreError):
    """A defect of the program.

    `kind`: `panic`, `query_internal`, `launch`.
    """
