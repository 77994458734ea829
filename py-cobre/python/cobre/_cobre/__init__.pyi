"""The extension module; `cobre` exports what is meant to be used."""

from . import threads as threads

__version__: str
