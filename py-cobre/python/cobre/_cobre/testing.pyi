"""What tests of the package need and nobody else."""

def panic() -> None:
    """Panics where training does its work.

    Raises:
        InternalError: always.
    """
