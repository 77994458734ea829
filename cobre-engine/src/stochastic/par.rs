//! Periodic autoregressive inflow.

use super::closure::{ClosureError, residual_ratios};

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
    /// The season of a row with coefficients is missing or not one of the declared.
    #[error(
        "plant {hydro}, stage {stage_id}: coefficients in season {season:?} where the study has {n_seasons} seasons"
    )]
    UnknownSeason {
        /// Position of the plant.
        hydro: usize,
        /// Label of the stage.
        stage_id: i32,
        /// Season of the row.
        season: Option<usize>,
        /// Number of seasons of the cycle.
        n_seasons: usize,
    },
    /// Two rows describe the same plant and stage.
    #[error("plant {hydro} has more than one row of inflow statistics at stage {stage_id}")]
    RepeatedStatistics {
        /// Position of the plant.
        hydro: usize,
        /// Label of the stage.
        stage_id: i32,
    },
    /// A statistic is not a finite number, or a standard deviation is negative.
    #[error(
        "plant {hydro}, stage {stage_id}: {quantity} is {value} where a finite number is needed, not negative for std"
    )]
    InvalidStatistics {
        /// Position of the plant.
        hydro: usize,
        /// Label of the stage.
        stage_id: i32,
        /// `mean`, `std`, `coefficient` or the `base` that follows from them.
        quantity: &'static str,
        /// The value.
        value: f64,
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
    /// With the statistics µ and s of stage t and of its lags, `ψ_l = ψ*_l·s_t/s_{t−l}` (0 where `s_{t−l}` is 0),
    /// `base = µ_t − Σ ψ_l·µ_{t−l}` and `σ = s_t·r`. The ratio r of a season follows from the coefficients of all
    /// seasons, taken from the row with the smallest label that has any. Lag l reads the row of label `stage_id − l`;
    /// where there is none, the row of the first study stage of the season l steps back; where there is none either,
    /// the lag drops out. A plant without any row has no natural inflow.
    ///
    /// # Errors
    /// See [`ParError`].
    pub fn build(data: &InflowData, stages: &[(i32, Option<usize>)]) -> Result<Self, ParError> {
        let mut model = Self { stages: vec![Vec::with_capacity(data.plants.len()); stages.len()], max_order: 0 };
        for (hydro, rows) in data.plants.iter().enumerate() {
            let plant = PlantStatistics::new(hydro, rows, data.n_seasons, stages)?;
            for (t, &(stage_id, _)) in stages.iter().enumerate() {
                let stage = plant.stage(stage_id)?;
                model.max_order = model.max_order.max(stage.psi.len());
                model.stages[t].push(stage);
            }
        }
        Ok(model)
    }

    /// Natural inflow `base + Σ ψ_l·lags[l−1] + σ·eta` (m³/s) of a plant at the stage at position `stage`; negative
    /// values are left as they are.
    ///
    /// `lags` holds the past inflow of the plant (m³/s), lag 1 first, at least as many as the stage has coefficients;
    /// `eta` is the component of the noise vector that belongs to the plant.
    pub fn natural_inflow(&self, stage: usize, hydro: usize, lags: &[f64], eta: f64) -> f64 {
        let par = &self.stages[stage][hydro];
        debug_assert!(lags.len() >= par.psi.len(), "{} lags for {} coefficients", lags.len(), par.psi.len());
        par.psi.iter().zip(lags).fold(par.base_m3s, |inflow, (psi, lag)| inflow + psi * lag) + par.sigma_m3s * eta
    }
}

/// The statistics of one plant, prepared for the algebra of its stages.
struct PlantStatistics<'a> {
    hydro: usize,
    /// Sorted by label.
    rows: Vec<&'a InflowStatistics>,
    /// Per season: residual ratio; empty without coefficients.
    ratios: Vec<f64>,
    /// Per season: (µ, s) at the study stage with the smallest label.
    seasonal: Vec<Option<(f64, f64)>>,
}

impl<'a> PlantStatistics<'a> {
    fn new(
        hydro: usize,
        rows: &'a [InflowStatistics],
        n_seasons: usize,
        stages: &[(i32, Option<usize>)],
    ) -> Result<Self, ParError> {
        let mut rows: Vec<&InflowStatistics> = rows.iter().collect();
        rows.sort_by_key(|row| row.stage_id);
        if let Some(pair) = rows.windows(2).find(|pair| pair[0].stage_id == pair[1].stage_id) {
            return Err(ParError::RepeatedStatistics { hydro, stage_id: pair[0].stage_id });
        }
        rows.iter().try_for_each(|row| row.check(hydro, n_seasons))?;
        let mut plant = Self { hydro, rows, ratios: Vec::new(), seasonal: vec![None; n_seasons] };
        plant.ratios = plant.seasonal_ratios(n_seasons)?;
        let mut by_label = stages.to_vec();
        by_label.sort_unstable();
        for (stage_id, season) in by_label {
            let moments = plant.row(stage_id).map(InflowStatistics::moments);
            if let Some(slot) = season.and_then(|season| plant.seasonal.get_mut(season)) {
                *slot = slot.or(moments);
            }
        }
        Ok(plant)
    }

    /// Residual ratio per season; empty when no row has coefficients.
    fn seasonal_ratios(&self, n_seasons: usize) -> Result<Vec<f64>, ParError> {
        let mut coefficients: Vec<&[f64]> = vec![&[]; n_seasons];
        for row in self.rows.iter().filter(|row| !row.coefficients.is_empty()) {
            if let Some(slot) = row.season.and_then(|season| coefficients.get_mut(season))
                && slot.is_empty()
            {
                *slot = &row.coefficients;
            }
        }
        if coefficients.iter().all(|psi| psi.is_empty()) {
            return Ok(Vec::new());
        }
        let hydro = self.hydro;
        residual_ratios(&coefficients).map_err(|error| match error {
            ClosureError::Singular => ParError::Singular { hydro },
            ClosureError::NotStationary { season, residual_variance } => {
                ParError::NotStationary { hydro, season, residual_variance }
            }
        })
    }

    fn row(&self, stage_id: i32) -> Option<&'a InflowStatistics> {
        self.rows.binary_search_by_key(&stage_id, |row| row.stage_id).ok().map(|position| self.rows[position])
    }

    /// (µ, s) of the `lag`-th predecessor of a row.
    fn lag_moments(&self, row: &InflowStatistics, lag: usize) -> (f64, f64) {
        let lag_id = i32::try_from(lag).ok().and_then(|lag| row.stage_id.checked_sub(lag));
        if let Some(lag_row) = lag_id.and_then(|stage_id| self.row(stage_id)) {
            return lag_row.moments();
        }
        let n_seasons = self.seasonal.len();
        let season =
            row.season.filter(|_| n_seasons > 0).map(|season| (season + n_seasons - lag % n_seasons) % n_seasons);
        season.and_then(|season| self.seasonal[season]).unwrap_or((0.0, 0.0))
    }

    /// The model of the study stage with this label.
    fn stage(&self, stage_id: i32) -> Result<ParStage, ParError> {
        if self.rows.is_empty() {
            return Ok(ParStage::default());
        }
        let row = self.row(stage_id).ok_or(ParError::MissingStatistics { hydro: self.hydro, stage_id })?;
        let mut stage = ParStage { base_m3s: row.mean_m3s, sigma_m3s: row.std_m3s, psi: Vec::new() };
        for (lag, &coefficient) in (1..).zip(&row.coefficients) {
            let (mean, std) = self.lag_moments(row, lag);
            let psi = if std == 0.0 { 0.0 } else { coefficient * row.std_m3s / std };
            stage.base_m3s -= psi * mean;
            stage.psi.push(psi);
        }
        // A deviation so small that the ratio of two overflows.
        if !stage.base_m3s.is_finite() {
            let (hydro, value) = (self.hydro, stage.base_m3s);
            return Err(ParError::InvalidStatistics { hydro, stage_id, quantity: "base", value });
        }
        if let Some(season) = row.season.filter(|_| !row.coefficients.is_empty()) {
            stage.sigma_m3s *= self.ratios[season];
        }
        Ok(stage)
    }
}

impl InflowStatistics {
    /// (µ, s) in m³/s.
    fn moments(&self) -> (f64, f64) {
        (self.mean_m3s, self.std_m3s)
    }

    fn check(&self, hydro: usize, n_seasons: usize) -> Result<(), ParError> {
        let stage_id = self.stage_id;
        let invalid = |quantity, value| Err(ParError::InvalidStatistics { hydro, stage_id, quantity, value });
        if !self.mean_m3s.is_finite() {
            return invalid("mean", self.mean_m3s);
        }
        if !(self.std_m3s.is_finite() && self.std_m3s >= 0.0) {
            return invalid("std", self.std_m3s);
        }
        if let Some(&value) = self.coefficients.iter().find(|value| !value.is_finite()) {
            return invalid("coefficient", value);
        }
        if self.coefficients.is_empty() {
            return Ok(());
        }
        match self.season {
            _ if n_seasons == 0 => Err(ParError::MissingSeasons { hydro }),
            Some(season) if season < n_seasons => Ok(()),
            season => Err(ParError::UnknownSeason { hydro, stage_id, season, n_seasons }),
        }
    }
}
