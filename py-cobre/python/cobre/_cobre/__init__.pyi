"""The extension module; `cobre` exports what is meant to be used."""

from . import case as case
from . import entities as entities
from . import expressions as expressions
from . import outputs as outputs
from . import policy as policy
from . import simulation as simulation
from . import sql as sql
from . import stochastic as stochastic
from . import tables as tables
from . import testing as testing
from . import threads as threads
from . import training as training

__version__: str
