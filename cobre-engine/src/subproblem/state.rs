use crate::study::Study;

/// Positions in the state vector: storage of every plant, then the inflow lags, lag-major (all plants lag 1, then all
/// plants lag 2, …).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateLayout {
    n_hydros: usize,
    n_lags: usize,
}

impl StateLayout {
    /// The layout of a study. Lags are state whenever the autoregressive order is above zero: cuts without them are
    /// not valid.
    pub fn new(study: &Study) -> Self {
        Self { n_hydros: study.system.n_hydros(), n_lags: study.inflow.max_order }
    }
    /// Number of components.
    pub fn dimension(&self) -> usize {
        self.n_hydros * (1 + self.n_lags)
    }
    /// Number of plants.
    pub fn n_hydros(&self) -> usize {
        self.n_hydros
    }
    /// Number of lags per plant.
    pub fn n_lags(&self) -> usize {
        self.n_lags
    }
    /// Position of the storage of plant `h`.
    pub fn storage(&self, h: usize) -> usize {
        h
    }
    /// Position of a lag of plant `h`; `lag` 0 is the most recent.
    pub fn lag(&self, h: usize, lag: usize) -> usize {
        self.n_hydros * (1 + lag) + h
    }
    /// The plant whose most recent lag is component `j`.
    pub fn hydro_of_newest_lag(&self, j: usize) -> Option<usize> {
        (self.n_lags > 0 && (self.n_hydros..2 * self.n_hydros).contains(&j)).then(|| j - self.n_hydros)
    }
    /// The state at the start of the study.
    pub fn initial(&self, study: &Study) -> Vec<f64> {
        let initial = study.system.initial();
        let mut state = vec![0.0; self.dimension()];
        for h in 0..self.n_hydros {
            state[self.storage(h)] = initial.storage_hm3[h];
            for l in 0..self.n_lags {
                state[self.lag(h, l)] = initial.inflow_lags_m3s[h].get(l).copied().unwrap_or(0.0);
            }
        }
        state
    }
}
