"""What tests of the package need and nobody else."""

def panic() -> None:
    """Panics where training does its work.

    Raises:
        InternalError: always.
    """

def panic_in_query() -> None:
    """Panics where queries are answered.

    Raises:
        InternalError: always.
    """

def errors() -> list[tuple[str, Exception]]:
    """One error of every kind that does not come of a stage problem, as it reaches Python, by its name in Rust."""
