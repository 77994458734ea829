"""The stochastic process of a case: inflow model, openings, sampled paths.

Stages are given by their positions in the study, from 0. Plants and stages of arrays are in the order of `case.hydros`
and `case.stages`. The components of a noise vector are the hydro plants in their order, then the buses with stochastic
demand in theirs: `OpeningTree.entities` says which.
"""

import os
from typing import Any, Literal, final

import numpy as np
import numpy.typing as npt

from .case import Case
from .tables import Table

@final
class PARModel:
    """The periodic autoregressive inflow model, `z = base + Σ ψ·lag + σ·η`.

    All arrays are `float64`, read only, and shared with Rust without a copy.

    Example:
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> model = case.inflow_model
        >>> model
        PARModel(order 1, 12 stages, 4 hydro plants)
        >>> model.seasonal_means.shape, model.ar_coefficients.shape
        ((12, 4), (12, 4, 1))
        >>> past = model.lag_coefficients[0, :, 0] * [plant.initial_inflow_lags_m3s[0] for plant in case.hydros]
        >>> inflow = model.base_inflow_m3s[0] + past + model.residual_standard_deviations[0] * case.openings.data[0, 0]
        >>> bool((inflow > 0).all())
        True
    """

    @property
    def order(self) -> int:
        """Largest autoregressive order over plants and stages; 0 without coefficients."""

    @property
    def hydro_ids(self) -> list[int]:
        """Labels of the plants."""

    @property
    def stage_ids(self) -> list[int]:
        """Labels of the stages."""

    @property
    def seasonal_means(self) -> npt.NDArray[np.float64]:
        """Mean inflow µ (m³/s), shape (stages, hydros); 0 for a plant without natural inflow."""

    @property
    def seasonal_standard_deviations(self) -> npt.NDArray[np.float64]:
        """Standard deviation s of the inflow (m³/s), shape (stages, hydros)."""

    @property
    def ar_coefficients(self) -> npt.NDArray[np.float64]:
        """Standardised coefficients ψ* as the case gives them, shape (stages, hydros, lags).

        Lag 1 is at position 0; 0 where a plant has fewer lags.
        """

    @property
    def lag_coefficients(self) -> npt.NDArray[np.float64]:
        """Coefficients ψ = ψ*·s/s(lag) on past inflow in m³/s, shape (stages, hydros, lags)."""

    @property
    def base_inflow_m3s(self) -> npt.NDArray[np.float64]:
        """Constant term µ − Σ ψ·µ(lag) (m³/s), shape (stages, hydros)."""

    @property
    def residual_standard_deviations(self) -> npt.NDArray[np.float64]:
        """Standard deviation σ of the residual (m³/s), shape (stages, hydros)."""

    def correlation(self, stage: int = 0) -> npt.NDArray[np.float64]:
        """Correlation of the noise vector at a stage, shape (entities, entities); a copy.

        Where the openings come from a file it is not applied: their noise is correlated already.

        Args:
            stage: position of the stage.

        Raises:
            ArgumentError: there is no such stage.

        Example:
            >>> case.inflow_model.correlation().diagonal()[:4]
            array([1., 1., 1., 1.])
        """

    def sample_inflow(
        self,
        n: int,
        *,
        seed: int | None = None,
        phase: Literal["training", "simulation"] = "training",
        iteration: int = 1,
    ) -> npt.NDArray[np.float64]:
        """Inflow (m³/s) along sampled paths, shape (paths, stages, hydros).

        The noise is that of `sample_noise` with the same arguments, and the inflow that of the training or simulation
        to the bit. Where the study cuts negative inflow off at zero, so does this; a solve may then find a value within
        its tolerance of it.

        Args:
            n: number of paths, at least 1.
            seed: seed of the sampler; `None` for that of the case.
            phase: whose paths: trajectories of the training, or scenarios of the simulation.
            iteration: iteration of the training, from 1; without meaning for the simulation.

        Raises:
            ArgumentError: an argument is out of its range, or the case has no seed for this phase.

        Example:
            >>> case.inflow_model.sample_inflow(100, phase="simulation").shape
            (100, 12, 4)
        """

    def _address(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class OpeningTree:
    """The noise of all openings: the realisations that the backward pass takes, all of a stage equally probable.

    Example:
        >>> tree = case.openings
        >>> tree
        OpeningTree(12 stages, 20 openings, 4 entities)
        >>> tree.data.shape
        (20, 12, 4)
        >>> tree.entities[0]
        ('inflow', 1)
    """

    @property
    def data(self) -> npt.NDArray[np.float64]:
        """Noise in standard deviations, correlated, shape (openings, stages, entities), `float64`, read only.

        A strided view of memory of Rust, which holds stage after stage. Where stages have different numbers of openings
        it is a copy, as many openings as the stage with most of them, NaN where a stage has fewer.
        """

    @property
    def n_stages(self) -> int:
        """Number of stages."""

    def n_openings(self, stage: int) -> int:
        """Number of openings of a stage.

        Args:
            stage: position of the stage.

        Raises:
            ArgumentError: there is no such stage.

        Example:
            >>> case.openings.n_openings(0)
            20
        """

    @property
    def entities(self) -> list[tuple[str, int]]:
        """Whose each component is: `("inflow", hydro_id)` or `("load", bus_id)`."""

    def _address(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

def sample_noise(
    source: Case | OpeningTree,
    n: int,
    *,
    seed: int | None = None,
    phase: Literal["training", "simulation"] = "training",
    iteration: int = 1,
) -> npt.NDArray[np.float64]:
    """Noise along sampled paths through the opening tree, shape (paths, stages, entities).

    To the bit the noise that training sees along its trajectories in an iteration, or simulation along its scenarios.

    Args:
        source: a case, or its openings.
        n: number of paths, at least 1.
        seed: seed of the sampler; `None` for that of the case.
        phase: whose paths: trajectories of the training, or scenarios of the simulation.
        iteration: iteration of the training, from 1; without meaning for the simulation.

    Raises:
        TypeError: `source` is neither.
        ArgumentError: an argument is out of its range, or the case has no seed for this phase.

    Example:
        >>> cobre.sample_noise(case, 8, iteration=3).shape
        (8, 12, 4)
    """

@final
class ExternalScenarios:
    """Scenarios that a file gives, checked by themselves.

    A case does not take them as they are: `scenarios/external_*_scenarios.parquet` is refused by name. They are data to
    compare samples with, or to make openings of.

    Example:
        >>> columns = {"stage_id": [0, 0], "scenario_id": [0, 1], "hydro_id": [7, 7], "value_m3s": [41.5, 39.0]}
        >>> frame = pl.DataFrame(columns, schema_overrides=dict.fromkeys(list(columns)[:3], pl.Int32))
        >>> frame.write_parquet("output/external_inflow_scenarios.parquet", mkdir=True)
        >>> given = cobre.load_external_scenarios("output/external_inflow_scenarios.parquet")
        >>> given
        ExternalScenarios(inflow: 2 scenarios, 1 stages, 1 entities)
        >>> given.data[:, 0, 0]
        array([41.5, 39. ])
    """

    @property
    def kind(self) -> Literal["inflow", "load", "availability", "noise"]:
        """What they are of: inflow (m³/s), demand (MW), availability (a factor), or noise (standard deviations)."""

    @property
    def stage_ids(self) -> list[int]:
        """Labels of the stages, ascending."""

    @property
    def entity_ids(self) -> list[int]:
        """Labels of plants, buses or sources, ascending; positions in the noise vector where they are noise."""

    @property
    def n_scenarios(self) -> list[int]:
        """Number of scenarios of every stage."""

    @property
    def data(self) -> npt.NDArray[np.float64]:
        """The values, shape (scenarios, stages, entities), `float64`, read only, shared with Rust without a copy.

        As many scenarios as the stage with most of them, NaN where a stage has fewer.
        """

    def to_table(self) -> Table:
        """The scenarios as rows with the columns of the file, by stage, scenario and entity."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...

def load_external_scenarios(
    path: str | os.PathLike[str], storage_options: dict[str, str] | None = None
) -> ExternalScenarios:
    """Reads one Parquet file of given scenarios; its columns say of what.

    The columns are those of `scenarios/external_inflow_scenarios.parquet`, `external_load_scenarios.parquet`,
    `external_ncs_scenarios.parquet` or `noise_openings.parquet`. Every stage must have the scenarios 0 to n − 1 exactly
    once for every entity.

    Args:
        path: a file, or its URL.
        storage_options: what the store needs to know beside its URL.

    Raises:
        ValidationError: other columns, values out of range, scenarios missing or repeated.
        IOError: the file cannot be read.
    """
