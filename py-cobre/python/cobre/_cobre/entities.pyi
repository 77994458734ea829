"""The entities of a case, read only.

What differs from stage to stage comes as a read-only `float64` array, in one uniform way: one number per stage has the
shape (stages,); one number per block has the shape (stages, blocks), as many blocks as the stage with most of them, NaN
where a stage has fewer. A limit that is not there is infinite. Values are what the stage problem uses, whatever file of
the case they came from. Every access gathers an array anew, so keep the one you work with.

An entity keeps its case alive. Entities are equal when all they say is equal; a pickle holds the whole case once.
"""

import datetime
from typing import Any, final

import numpy as np
import numpy.typing as npt

@final
class HydroPlant:
    """A hydro plant with its reservoir.

    Example:
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> plant = case.hydros[0]
        >>> plant
        HydroPlant(id=1, name="Southeast reservoir", bus_ids=[1], downstream_id=None)
        >>> plant.max_storage_hm3[:2]
        array([527485.853, 527485.853])
        >>> plant.max_turbined_m3s.shape
        (12, 1)
    """

    @property
    def id(self) -> int:
        """Label in the data."""

    @property
    def name(self) -> str:
        """Name."""

    @property
    def index(self) -> int:
        """Position among the plants of the case: that of its storage in a state, of its noise in a noise vector."""

    @property
    def bus_ids(self) -> tuple[int, ...]:
        """The buses its unit groups feed, in order of first appearance; mostly one."""

    @property
    def downstream_id(self) -> int | None:
        """The plant that receives turbined and spilled water; `None`: the water leaves the system."""

    @property
    def diversion_downstream_id(self) -> int | None:
        """The plant that receives diverted water, if there is a diversion."""

    @property
    def unit_groups(self) -> tuple[UnitGroup, ...]:
        """Its unit groups, by id."""

    @property
    def initial_storage_hm3(self) -> float:
        """Storage at the start of the study (hm³)."""

    @property
    def initial_inflow_lags_m3s(self) -> npt.NDArray[np.float64]:
        """Inflow before the study (m³/s), most recent first, shape (lags,)."""

    @property
    def productivity_mw_per_m3s(self) -> npt.NDArray[np.float64]:
        """Productivity (MW per m³/s), shape (stages,)."""

    @property
    def min_storage_hm3(self) -> npt.NDArray[np.float64]:
        """Smallest storage at the end of a stage (hm³), shape (stages,)."""

    @property
    def max_storage_hm3(self) -> npt.NDArray[np.float64]:
        """Largest storage at the end of a stage (hm³), shape (stages,)."""

    @property
    def water_withdrawal_m3s(self) -> npt.NDArray[np.float64]:
        """Water taken from the plant (m³/s), shape (stages,); negative returns water."""

    @property
    def penalties(self) -> dict[str, npt.NDArray[np.float64]]:
        """Prices by their names in the case, each of shape (stages,): $/MWh for generation, else $/(m³/s·h).

        Example:
            >>> float(case.hydros[0].penalties["spillage_cost"][0])
            0.01
        """

    @property
    def min_turbined_m3s(self) -> npt.NDArray[np.float64]:
        """Smallest turbined flow (m³/s), soft, shape (stages, blocks)."""

    @property
    def max_turbined_m3s(self) -> npt.NDArray[np.float64]:
        """Largest turbined flow (m³/s), shape (stages, blocks)."""

    @property
    def min_generation_mw(self) -> npt.NDArray[np.float64]:
        """Smallest generation (MW), soft, shape (stages, blocks)."""

    @property
    def max_generation_mw(self) -> npt.NDArray[np.float64]:
        """Largest generation (MW), shape (stages, blocks); it acts through the turbined flow."""

    @property
    def min_outflow_m3s(self) -> npt.NDArray[np.float64]:
        """Smallest turbined plus spilled flow (m³/s), soft, shape (stages, blocks)."""

    @property
    def max_outflow_m3s(self) -> npt.NDArray[np.float64]:
        """Largest turbined plus spilled flow (m³/s), soft, shape (stages, blocks); infinite without a limit."""

    @property
    def min_spillage_m3s(self) -> npt.NDArray[np.float64]:
        """Smallest spilled flow (m³/s), shape (stages, blocks)."""

    @property
    def max_spillage_m3s(self) -> npt.NDArray[np.float64]:
        """Largest spilled flow (m³/s), shape (stages, blocks); infinite without a limit."""

    @property
    def min_diversion_m3s(self) -> npt.NDArray[np.float64]:
        """Smallest diverted flow (m³/s), shape (stages, blocks)."""

    @property
    def max_diversion_m3s(self) -> npt.NDArray[np.float64]:
        """Largest diverted flow (m³/s), shape (stages, blocks); 0 without a diversion."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class UnitGroup:
    """Generating units of a plant that feed one bus.

    Example:
        >>> group = case.hydros[0].unit_groups[0]
        >>> group.bus_id, group.max_generation_mw
        (1, 45414.3)
    """

    def __new__(
        cls,
        id: int,
        name: str,
        bus_id: int,
        min_turbined_m3s: float,
        max_turbined_m3s: float,
        min_generation_mw: float,
        max_generation_mw: float,
    ) -> UnitGroup: ...
    @property
    def id(self) -> int:
        """Label in the data, unique within the plant."""

    @property
    def name(self) -> str:
        """Name."""

    @property
    def bus_id(self) -> int:
        """Its bus."""

    @property
    def min_turbined_m3s(self) -> float:
        """Smallest turbined flow (m³/s)."""

    @property
    def max_turbined_m3s(self) -> float:
        """Largest turbined flow (m³/s)."""

    @property
    def min_generation_mw(self) -> float:
        """Smallest generation (MW)."""

    @property
    def max_generation_mw(self) -> float:
        """Largest generation (MW)."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[Any, ...]: ...

@final
class ThermalUnit:
    """A thermal plant.

    Example:
        >>> unit = case.thermals[0]
        >>> unit.max_generation_mw.shape == (case.n_stages, 1)
        True
    """

    @property
    def id(self) -> int:
        """Label in the data."""

    @property
    def name(self) -> str:
        """Name."""

    @property
    def index(self) -> int:
        """Position among the thermal plants of the case."""

    @property
    def bus_id(self) -> int:
        """Its bus."""

    @property
    def cost_per_mwh(self) -> npt.NDArray[np.float64]:
        """Variable cost ($/MWh), shape (stages,)."""

    @property
    def min_generation_mw(self) -> npt.NDArray[np.float64]:
        """Smallest generation (MW), hard, shape (stages, blocks)."""

    @property
    def max_generation_mw(self) -> npt.NDArray[np.float64]:
        """Largest generation (MW), hard, shape (stages, blocks); 0 where the plant is not in operation."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Bus:
    """A node of the energy balance.

    The demand of block k is `max(0, mean + std·η)·factor[k]`, with η the bus's component of the noise vector where
    the standard deviation is above 0.

    Example:
        >>> bus = case.buses[0]
        >>> bus.deficit_segments[0].cost_per_mwh
        1142.8
        >>> bus.load_mean_mw.shape
        (12,)
    """

    @property
    def id(self) -> int:
        """Label in the data."""

    @property
    def name(self) -> str:
        """Name."""

    @property
    def index(self) -> int:
        """Position among the buses of the case."""

    @property
    def deficit_segments(self) -> tuple[DeficitSegment, ...]:
        """Deficit cost curve: costs increase, the last depth is infinite."""

    @property
    def has_stochastic_load(self) -> bool:
        """Whether the demand of any stage has a standard deviation; such a bus owns a component of the noise vector."""

    @property
    def load_mean_mw(self) -> npt.NDArray[np.float64]:
        """Mean demand (MW), shape (stages,)."""

    @property
    def load_std_mw(self) -> npt.NDArray[np.float64]:
        """Standard deviation of the demand (MW), shape (stages,)."""

    @property
    def load_factors(self) -> npt.NDArray[np.float64]:
        """Factors of the blocks on the demand of the stage, shape (stages, blocks)."""

    @property
    def excess_cost_per_mwh(self) -> npt.NDArray[np.float64]:
        """Cost of energy that finds no use ($/MWh), shape (stages,)."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class DeficitSegment:
    """A step of the deficit cost curve of a bus.

    Example:
        >>> case.buses[0].deficit_segments[-1].depth_mw
        inf
    """

    def __new__(cls, depth_mw: float, cost_per_mwh: float) -> DeficitSegment: ...
    @property
    def depth_mw(self) -> float:
        """Depth (MW); infinite for the last step."""

    @property
    def cost_per_mwh(self) -> float:
        """Cost of unserved energy ($/MWh)."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[float, float]: ...

@final
class Line:
    """A transmission line.

    Example:
        >>> line = case.lines[0]
        >>> line.source_bus_id, line.target_bus_id
        (1, 2)
    """

    @property
    def id(self) -> int:
        """Label in the data."""

    @property
    def name(self) -> str:
        """Name."""

    @property
    def index(self) -> int:
        """Position among the lines of the case."""

    @property
    def source_bus_id(self) -> int:
        """The bus at which the direct flow leaves."""

    @property
    def target_bus_id(self) -> int:
        """The bus at which the direct flow arrives."""

    @property
    def losses_percent(self) -> float:
        """Losses (%): an after-the-fact figure of the outputs, without effect on the energy balance."""

    @property
    def exchange_cost_per_mwh(self) -> npt.NDArray[np.float64]:
        """Cost of exchanged energy in either direction ($/MWh), shape (stages,)."""

    @property
    def direct_mw(self) -> npt.NDArray[np.float64]:
        """Capacity from source to target (MW), shape (stages, blocks)."""

    @property
    def reverse_mw(self) -> npt.NDArray[np.float64]:
        """Capacity from target to source (MW), shape (stages, blocks)."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Stage:
    """A stage: the period between two decisions.

    Example:
        >>> stage = case.stages[0]
        >>> stage.start_date.isoformat(), stage.season
        ('2011-01-01', 'Jan')
        >>> stage.blocks
        (Block(id=0, name="MONTH", hours=730.0),)
    """

    @property
    def id(self) -> int:
        """Label in the data."""

    @property
    def index(self) -> int:
        """Position in the study, from 0."""

    @property
    def start_date(self) -> datetime.date:
        """First day."""

    @property
    def end_date(self) -> datetime.date:
        """Day after the last day."""

    @property
    def season_id(self) -> int | None:
        """Label of the season, if the study declares seasons."""

    @property
    def season(self) -> str | None:
        """Name of the season."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Parallel load blocks."""

    @property
    def hours(self) -> float:
        """Sum of the durations of the blocks (h)."""

    @property
    def hm3_per_m3s(self) -> float:
        """Volume of one m³/s flowing through the whole stage (hm³)."""

    @property
    def discount_factor(self) -> float:
        """One-step discount factor on the cost-to-go of this stage, in (0, 1]."""

    @property
    def cvar_tail_probability(self) -> float | None:
        """Tail probability α of the conditional value at risk; `None` where the stage takes the expectation."""

    @property
    def cvar_weight(self) -> float | None:
        """Weight λ of the conditional value at risk, beside 1 − λ of the expectation; `None` where there is none."""

    @property
    def n_openings(self) -> int:
        """Number of openings."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Block:
    """A load block: a share of a stage with one demand level.

    Example:
        >>> case.stages[0].blocks[0].hours
        730.0
    """

    def __new__(cls, id: int, name: str, hours: float) -> Block: ...
    @property
    def id(self) -> int:
        """Position in the stage, from 0."""

    @property
    def name(self) -> str:
        """Name."""

    @property
    def hours(self) -> float:
        """Duration (h)."""

    @property
    def hm3_per_m3s(self) -> float:
        """Volume of one m³/s flowing through the block (hm³)."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[Any, ...]: ...

@final
class Topology:
    """How the entities of a case are connected, by their ids.

    Every method raises `ArgumentError` for an id that the case does not have.

    Example:
        >>> topology = case.topology
        >>> topology.cascade_order
        (1, 2, 3, 4)
        >>> topology.lines_between(1, 2)
        (12,)
    """

    @property
    def cascade_order(self) -> tuple[int, ...]:
        """Hydro plants, every one after all that release or divert water into it."""

    def downstream(self, hydro_id: int) -> int | None:
        """The plant that receives turbined and spilled water; `None`: the water leaves the system."""

    def diversion_downstream(self, hydro_id: int) -> int | None:
        """The plant that receives diverted water, if there is one."""

    def upstream(self, hydro_id: int) -> tuple[int, ...]:
        """The plants whose turbined and spilled water the plant receives at once."""

    def diverted_from(self, hydro_id: int) -> tuple[int, ...]:
        """The plants whose diverted water the plant receives."""

    def all_downstream(self, hydro_id: int) -> tuple[int, ...]:
        """The plants that turbined and spilled water reaches, nearest first."""

    def all_upstream(self, hydro_id: int) -> tuple[int, ...]:
        """The plants whose turbined and spilled water reaches the plant, springs first."""

    def hydros_of_bus(self, bus_id: int) -> tuple[int, ...]:
        """The hydro plants that feed the bus."""

    def thermals_of_bus(self, bus_id: int) -> tuple[int, ...]:
        """The thermal plants that feed the bus."""

    def lines_of_bus(self, bus_id: int) -> tuple[int, ...]:
        """The lines that start or end at the bus."""

    def lines_between(self, bus_id: int, other_bus_id: int) -> tuple[int, ...]:
        """The lines between two buses, in either direction."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

def _entity(case: Any, class_: str, position: int) -> Any: ...
