use cobre_engine::system::{Hydro, System};
use serde::{Deserialize, Serialize};

/// `training/hydro_models.json`: how production and evaporation of the plants are modelled.
///
/// Every plant has a constant productivity per stage and no evaporation, so most counts are 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HydroModels {
    /// Plants of constant productivity.
    pub n_constant: u64,
    /// Plants with a piecewise-linear production function.
    pub n_fpha: u64,
    /// Planes of those functions.
    pub total_planes: u64,
    /// Plants with such a function.
    pub fpha_details: Vec<Plant>,
    /// Plants that cannot turbine in any block of the study.
    pub no_turbine_capacity: Vec<Plant>,
    /// Plants with evaporation.
    pub n_evaporation: u64,
    /// Plants without.
    pub n_no_evaporation: u64,
    /// Plants whose evaporation refers to a given volume.
    pub n_user_supplied_ref: u64,
    /// Plants whose evaporation refers to the middle of their storage.
    pub n_default_midpoint_ref: u64,
}

/// A plant by label and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plant {
    /// Label.
    pub hydro_id: i32,
    /// Name.
    pub name: String,
}

impl HydroModels {
    /// The models of a system.
    pub fn new(system: &System) -> Self {
        let n_hydros = system.n_hydros() as u64;
        let cannot_turbine = |hydro: &&Hydro| {
            let mut blocks = hydro.stages.iter().flat_map(|stage| &stage.blocks);
            blocks.all(|block| block.turbined_m3s.max <= 0.0)
        };
        let plant = |hydro: &Hydro| Plant { hydro_id: hydro.id, name: hydro.name.clone() };
        Self {
            n_constant: n_hydros,
            n_fpha: 0,
            total_planes: 0,
            fpha_details: Vec::new(),
            no_turbine_capacity: system.hydros().iter().filter(cannot_turbine).map(plant).collect(),
            n_evaporation: 0,
            n_no_evaporation: n_hydros,
            n_user_supplied_ref: 0,
            n_default_midpoint_ref: 0,
        }
    }
}
