"""How many threads training and simulation use by default."""

def set_threads(n: int | None) -> None:
    """Sets the number of threads that `train` and `simulate` use unless told otherwise.

    Results are the same, bit by bit, for any number of threads.

    Args:
        n: at least 1; `None` for as many as the machine has cores.

    Raises:
        ArgumentError: `n` is 0.

    Example:
        >>> cobre.set_threads(2)
        >>> cobre.get_threads()
        2
    """

def get_threads() -> int:
    """The number of threads that `train` and `simulate` use unless told otherwise.

    Example:
        >>> cobre.set_threads(None)
        >>> cobre.get_threads() >= 1
        True
    """
