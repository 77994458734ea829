"""Cases: read, checked, edited in memory, and seen by their parts."""

import os
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeAlias, final

import polars as pl

from .entities import Bus, HydroPlant, Line, Stage, ThermalUnit, Topology
from .stochastic import OpeningTree, PARModel
from .tables import Table

class _Stream(Protocol):
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...

class _Array(Protocol):
    def __arrow_c_array__(self, requested_schema: Any = None) -> Any: ...

_Arrow: TypeAlias = _Stream | _Array
_Content: TypeAlias = dict[str, Any] | list[Any] | bytes | _Arrow | None

@final
class CaseLoader:
    """Reads cases."""

    @staticmethod
    def load(path: str | os.PathLike[str], storage_options: dict[str, str] | None = None) -> Case:
        """Reads the case directory at a path or URL, and checks it.

        Args:
            path: a folder, or a URL: `s3://bucket/prefix`, `az://…`, `gs://…`, `file://…`.
            storage_options: what the store needs to know beside its URL, e.g. `aws_endpoint`.

        Raises:
            ValidationError: the case breaks rules of the format; `findings` holds all of them.
            IOError: a file or the folder cannot be read.

        Example:
            >>> cobre.CaseLoader.load("datasets/four-reservoirs").name
            'four-reservoirs'
        """

@final
class Case:
    """A study, read and checked, with all its files in memory; it never changes.

    Cases are equal when all their files are. A pickle holds the files.

    Example:
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> [plant.name for plant in case.hydros][:2]
        ['Southeast reservoir', 'South reservoir']
    """

    @staticmethod
    def from_files(files: Mapping[str, _Content], name: str = "case") -> Case:
        """A case of files in memory.

        Args:
            files: contents by path, relative to the case: a dict for a JSON file, any Arrow object for a Parquet file,
                or the bytes of the file.
            name: what the case is called.

        Raises:
            ValidationError: the case breaks rules of the format; `findings` holds all of them.
            ArgumentError: a path or table that no case has, a table without the columns of the format.
            TypeError: a content of another kind.

        Example:
            >>> cobre.Case.from_files(case.files, name="again") == case
            True
        """

    def with_(
        self,
        *,
        config: dict[str, Any] | None = None,
        name: str | None = None,
        hydros: _Arrow | None = None,
        thermals: _Arrow | None = None,
        buses: _Arrow | None = None,
        lines: _Arrow | None = None,
        stages: _Arrow | None = None,
        files: Mapping[str, _Content] | None = None,
    ) -> Case:
        """A case that differs from this one, checked; nothing is written.

        First come the files, then the frames, then the settings.

        Args:
            config: settings to change: a merge patch of `config.json` (RFC 7386), in which `None` removes a key.
            name: what the case is called; `None` for the same.
            hydros: all hydro plants as rows, in the form of `table("hydros")`.
            thermals: all thermal plants as rows.
            buses: all buses as rows.
            lines: all lines as rows.
            stages: all stages as rows.
            files: contents by path, as in `from_files`; `None` removes a file.

        Raises:
            ValidationError: the case breaks rules of the format; `findings` holds all of them.
            ArgumentError: a path or table that no case has, a table without the columns of the format, a column that
                JSON has no value for.
            TypeError: rows that are no Arrow object, a content of another kind.

        Example:
            >>> twice = pl.DataFrame(case.table("hydros")).with_columns(pl.col("reservoir.max_storage_hm3") * 2)
            >>> larger = case.with_(hydros=twice, name="larger reservoirs")
            >>> float(larger.hydros[0].max_storage_hm3[0] / case.hydros[0].max_storage_hm3[0])
            2.0
            >>> shorter = case.with_(config={"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 9}]}})
            >>> shorter.study_hash == case.study_hash
            True
        """

    def write(
        self, path: str | os.PathLike[str], *, overwrite: bool = False, storage_options: dict[str, str] | None = None
    ) -> None:
        """Writes the case directory; reading it gives an equal case.

        Args:
            path: a folder, or a URL.
            overwrite: whether a place that holds anything is written to. Then files of the format that the case does
                not have are removed; everything else stays.
            storage_options: what the store needs to know beside its URL.

        Raises:
            IOError: something is there, or a file cannot be written; the message says which were.

        Example:
            >>> case.write("output/copy", overwrite=True)
            >>> cobre.CaseLoader.load("output/copy") == case
            True
        """

    @property
    def config(self) -> dict[str, Any]:
        """The settings, `config.json`; a copy.

        Example:
            >>> case.config["training"]["tree_seed"]
            2011
        """

    @property
    def files(self) -> dict[str, bytes]:
        """Contents of all files, by path; a copy."""

    @property
    def tables(self) -> list[str]:
        """Names of the tables: entities and stages, and the Parquet files without folder and extension.

        Example:
            >>> case.tables[:3]
            ['buses', 'hydros', 'inflow_ar_coefficients']
        """

    def table(self, name: str) -> Table:
        """A table as the case holds it, in the form in which `with_` takes it.

        Entities and stages are rows with the keys of their file: `reservoir.max_storage_hm3` is the member of an
        object, objects in arrays are structs, what is not given is null.

        Args:
            name: one of `tables`, or the path of a Parquet file.

        Raises:
            ArgumentError: there is no such table.

        Example:
            >>> case.table("inflow_seasonal_stats").columns
            ['hydro_id', 'stage_id', 'mean_m3s', 'std_m3s']
        """

    @property
    def name(self) -> str:
        """Name of the case directory."""

    @property
    def hash(self) -> str:
        """SHA-256 over path and content of all files of the case, as hexadecimal digits."""

    @property
    def study_hash(self) -> str:
        """SHA-256 over all that decides the bits of training, as hexadecimal digits.

        Stopping rules, simulation, exports and policy are not part of it: a policy of a case with the same hash can be
        resumed.
        """

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What the reader should know about the case."""

    @property
    def n_stages(self) -> int:
        """Number of stages."""

    @property
    def hydros(self) -> tuple[HydroPlant, ...]:
        """Hydro plants, by operational start date, then id."""

    @property
    def thermals(self) -> tuple[ThermalUnit, ...]:
        """Thermal plants, by operational start date, then id."""

    @property
    def buses(self) -> tuple[Bus, ...]:
        """Buses, by operational start date, then id."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """Lines, by operational start date, then id."""

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Stages in order of time."""

    @property
    def topology(self) -> Topology:
        """How the entities are connected."""

    @property
    def inflow_model(self) -> PARModel:
        """The inflow model."""

    @property
    def openings(self) -> OpeningTree:
        """The noise of all openings."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Finding:
    """What is wrong with, or noteworthy about, a case.

    Example:
        >>> str(cobre.Finding("stages.none", "error", "stages.json", "", "a study needs at least one stage"))
        'error[stages.none] stages.json: a study needs at least one stage'
    """

    def __new__(
        cls,
        code: str,
        severity: str,
        file: str,
        pointer: str,
        message: str,
        value: str | None = None,
        hint: str | None = None,
    ) -> Finding: ...
    @property
    def code(self) -> str:
        """Stable code, `namespace.label`."""

    @property
    def severity(self) -> str:
        """`error`: the case cannot be studied; `warning`: it can, and the reader should know."""

    @property
    def is_error(self) -> bool:
        """Whether the case cannot be studied for it."""

    @property
    def file(self) -> str:
        """Path of the file, relative to the case."""

    @property
    def pointer(self) -> str:
        """Where in the file: a JSON pointer, or row and column of a table; empty for the file as a whole."""

    @property
    def message(self) -> str:
        """What is wrong, what was expected."""

    @property
    def value(self) -> str | None:
        """The value found there."""

    @property
    def hint(self) -> str | None:
        """What to do about it."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[Any, ...]: ...

@final
class ValidationResult:
    """Everything that was found about a case; true when the case is valid, and iterated finding by finding.

    Any library that speaks Arrow reads it as a table with the columns severity, code, file, pointer, message, value and
    hint.

    Example:
        >>> result = cobre.validate("datasets/four-reservoirs")
        >>> bool(result), len(result.errors)
        (True, 0)
        >>> result.to_polars().columns[:2]
        ['severity', 'code']
    """

    @property
    def is_valid(self) -> bool:
        """Whether nothing that was found is an error."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in order of discovery."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Why the case cannot be studied."""

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What the reader should know."""

    def raise_for_errors(self) -> None:
        """Does nothing for a valid case.

        Raises:
            ValidationError: the case has errors; `findings` holds all that was found.
        """

    def to_table(self) -> Table:
        """The findings as a table."""

    def to_polars(self) -> pl.DataFrame:
        """The findings as a frame."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...
    def __bool__(self) -> bool: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Finding]: ...

def validate(path: str | os.PathLike[str], storage_options: dict[str, str] | None = None) -> ValidationResult:
    """Checks a case directory; an invalid case is an answer, no error.

    Args:
        path: a folder, or a URL.
        storage_options: what the store needs to know beside its URL.

    Raises:
        IOError: a file or the folder cannot be read.

    Example:
        >>> cobre.validate("datasets/four-reservoirs").is_valid
        True
    """

def _case_of(name: str, files: dict[str, bytes]) -> Case: ...
