//! The system under study: validated, immutable, resolved per stage.
//!
//! Entities refer to each other by **position** (`x_index` or plain `usize`), never by label; labels (`id`) are kept
//! for outputs. Everything that may differ from stage to stage is resolved before it reaches the engine: a value in
//! `hydro.stages[t]` is the value the stage problem uses, whatever cascade of defaults it came from.

mod bus;
mod cascade;
mod hydro;
mod line;
mod stage;
mod thermal;
mod validate;

pub use bus::{Bus, BusStage, DeficitSegment};
pub use cascade::topological_order;
pub use hydro::{Hydro, HydroBlock, HydroPenalties, HydroStage, UnitGroup};
pub use line::{Line, LineLimits, LineStage};
pub use stage::{Block, Stage};
pub use thermal::{Thermal, ThermalStage};
pub use validate::SystemError;

/// A closed interval of a physical quantity; either end may be infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Lower end.
    pub min: f64,
    /// Upper end.
    pub max: f64,
}

impl Limits {
    /// The interval `[min, max]`.
    pub const fn new(min: f64, max: f64) -> Self {
        Self { min, max }
    }
}

/// State of the system at the start of the study.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InitialState {
    /// Stored volume of every plant (hm³), in plant order.
    pub storage_hm3: Vec<f64>,
    /// Past inflow of every plant (m³/s), most recent first: `inflow_lags_m3s[hydro][lag - 1]`. At least as long as
    /// the largest autoregressive order of the study.
    pub inflow_lags_m3s: Vec<Vec<f64>>,
}

/// A hydrothermal system over the stages of a study.
///
/// Built by [`System::new`], which checks every invariant the engine relies on; immutable afterwards.
#[derive(Debug, Clone, PartialEq)]
pub struct System {
    parts: SystemParts,
    cascade: Vec<usize>,
}

/// The parts a [`System`] is made of, in canonical order: entities by (operational start date, id), stages by id.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SystemParts {
    /// Stages in order of time.
    pub stages: Vec<Stage>,
    /// Buses: the nodes of the energy balance.
    pub buses: Vec<Bus>,
    /// Transmission lines between two buses.
    pub lines: Vec<Line>,
    /// Thermal plants.
    pub thermals: Vec<Thermal>,
    /// Hydro plants.
    pub hydros: Vec<Hydro>,
    /// Storage and past inflow at the start.
    pub initial: InitialState,
}

impl System {
    /// Checks `parts` and makes a system of them.
    ///
    /// # Errors
    /// Every violated invariant, as a list: vectors of a wrong length, positions out of range, values that are not
    /// finite where they must be, inverted limits, a cycle in the cascade.
    pub fn new(parts: SystemParts) -> Result<Self, Vec<SystemError>> {
        let cascade = validate::check(&parts)?;
        Ok(Self { parts, cascade })
    }

    /// Stages in order of time.
    pub fn stages(&self) -> &[Stage] {
        &self.parts.stages
    }
    /// Buses in canonical order.
    pub fn buses(&self) -> &[Bus] {
        &self.parts.buses
    }
    /// Lines in canonical order.
    pub fn lines(&self) -> &[Line] {
        &self.parts.lines
    }
    /// Thermal plants in canonical order.
    pub fn thermals(&self) -> &[Thermal] {
        &self.parts.thermals
    }
    /// Hydro plants in canonical order.
    pub fn hydros(&self) -> &[Hydro] {
        &self.parts.hydros
    }
    /// Storage and past inflow at the start of the study.
    pub fn initial(&self) -> &InitialState {
        &self.parts.initial
    }
    /// Number of hydro plants.
    pub fn n_hydros(&self) -> usize {
        self.parts.hydros.len()
    }
    /// Number of stages.
    pub fn n_stages(&self) -> usize {
        self.parts.stages.len()
    }
    /// Plants ordered so that every plant comes after all plants that release water into it.
    pub fn cascade_order(&self) -> &[usize] {
        &self.cascade
    }
}
