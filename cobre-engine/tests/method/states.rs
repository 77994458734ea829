//! States that a study can be in on entry to a stage.

use cobre_engine::Study;
use cobre_engine::subproblem::StateLayout;
use cobre_engine::test_models::SplitMix64;

/// Draws states on entry to a stage: storage anywhere within its limits, lags left behind by paths through the
/// openings of the stages before.
pub(crate) struct States<'a> {
    study: &'a Study,
    random: SplitMix64,
}

/// Storage (hm³) per plant and inflow lags (m³/s) `[hydro][lag]`, the most recent first.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) storage_hm3: Vec<f64>,
    pub(crate) lags_m3s: Vec<Vec<f64>>,
}

impl State {
    /// The same as a vector.
    pub(crate) fn to_vector(&self, layout: &StateLayout) -> Vec<f64> {
        let mut vector = vec![0.0; layout.dimension()];
        for (h, &volume) in self.storage_hm3.iter().enumerate() {
            vector[layout.storage(h)] = volume;
            for l in 0..layout.n_lags() {
                vector[layout.lag(h, l)] = self.lags_m3s[h][l];
            }
        }
        vector
    }
}

impl<'a> States<'a> {
    pub(crate) fn new(study: &'a Study, seed: u64) -> Self {
        Self { study, random: SplitMix64::new(seed) }
    }

    /// A state on entry to stage `t`, at least 1.
    pub(crate) fn draw(&mut self, t: usize) -> State {
        let lags_m3s = self.lags(t);
        let storage_hm3 = self.storage(t);
        State { storage_hm3, lags_m3s }
    }

    /// A state whose lags lie between those of several paths: inside the reachable range, not at its ends.
    pub(crate) fn draw_inside(&mut self, t: usize) -> State {
        let mut lags_m3s = self.lags(t);
        for _ in 0..3 {
            let (other, share) = (self.lags(t), self.random.uniform(0.2, 0.6));
            for (mixed, new) in lags_m3s.iter_mut().flatten().zip(other.iter().flatten()) {
                *mixed = (1.0 - share) * *mixed + share * new;
            }
        }
        let storage_hm3 = self.storage(t);
        State { storage_hm3, lags_m3s }
    }

    fn storage(&mut self, t: usize) -> Vec<f64> {
        let hydros = self.study.system.hydros().iter();
        hydros.map(|hydro| hydro.stages[t - 1].storage_hm3).map(|v| self.random.uniform(v.min, v.max)).collect()
    }

    fn lags(&mut self, t: usize) -> Vec<Vec<f64>> {
        let study = self.study;
        let mut lags = study.system.initial().inflow_lags_m3s.clone();
        for known in &mut lags {
            known.resize(study.inflow.max_order.max(known.len()), 0.0);
        }
        for stage in 0..t {
            let noise = study.openings.noise(stage, self.random.below(study.openings.n_openings(stage)));
            for (h, known) in lags.iter_mut().enumerate() {
                let natural = study.inflow.natural_inflow(stage, h, known, noise[h]);
                known.rotate_right(1);
                known[0] = if study.inflow_non_negativity.truncates() { natural.max(0.0) } else { natural };
            }
        }
        lags
    }
}
