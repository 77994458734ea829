use serde::{Deserialize, Serialize};

use crate::case::{Case, OpeningsSource};

/// `training/model_provenance.json`: where the parameters of the models came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelProvenance {
    /// The inflow model and the noise.
    pub inflow: InflowProvenance,
    /// The production models.
    pub hydro_production: HydroProductionProvenance,
}

/// Where something came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Fitted to a history.
    Estimated,
    /// Drawn from a seed.
    Generated,
    /// A file of the case.
    UserFile,
    /// There is none, or it has no meaning.
    #[serde(rename = "n/a")]
    NotApplicable,
}

/// Where the inflow model and the noise came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InflowProvenance {
    /// The model as a whole.
    pub estimation_path: Source,
    /// Means and deviations.
    pub seasonal_stats_source: Source,
    /// Autoregressive coefficients.
    pub ar_coefficients_source: Source,
    /// Correlation of the noise.
    pub correlation_source: Source,
    /// Openings.
    pub opening_tree_source: Source,
    /// Plants.
    pub n_hydros: u64,
    /// Largest autoregressive order.
    pub ar_max_order: u64,
    /// Labels of plants for which an estimate fell back to white noise.
    pub white_noise_fallbacks: Vec<i32>,
}

/// Where the production models came from; no plant has a fitted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HydroProductionProvenance {
    /// Plants with planes fitted to their geometry.
    pub n_fpha_computed_from_geometry: u64,
    /// Plants with given planes.
    pub n_fpha_precomputed_hyperplanes: u64,
    /// Plants whose evaporation refers to a given volume.
    pub n_evaporation_ref_user_supplied: u64,
    /// Plants whose evaporation refers to the middle of their storage.
    pub n_evaporation_ref_default_midpoint: u64,
}

impl ModelProvenance {
    /// The provenance of a case.
    pub fn new(case: &Case) -> Self {
        let from_file = |there: bool| if there { Source::UserFile } else { Source::NotApplicable };
        let (plants, study) = (&case.stochastic.inflow.plants, &case.study);
        let has_statistics = plants.iter().any(|rows| !rows.is_empty());
        Self {
            inflow: InflowProvenance {
                estimation_path: from_file(has_statistics),
                seasonal_stats_source: from_file(has_statistics),
                ar_coefficients_source: from_file(plants.iter().flatten().any(|row| !row.coefficients.is_empty())),
                correlation_source: from_file(!case.stochastic.correlation.profiles.is_empty()),
                opening_tree_source: match case.openings {
                    _ if study.openings.dimension() == 0 => Source::NotApplicable,
                    OpeningsSource::Generated => Source::Generated,
                    OpeningsSource::File => Source::UserFile,
                },
                n_hydros: study.system.n_hydros() as u64,
                ar_max_order: study.inflow.max_order as u64,
                white_noise_fallbacks: Vec::new(),
            },
            hydro_production: HydroProductionProvenance::default(),
        }
    }
}
