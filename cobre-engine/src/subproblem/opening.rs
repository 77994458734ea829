//! What an opening fixes at a stage, computed once.

use crate::study::Study;

/// The part of a stage's right-hand sides that depends on the opening alone.
#[derive(Debug, Clone, Default)]
pub(super) struct OpeningData {
    /// Natural inflow (m³/s) per plant without the part of its lags: `base + σ·η`.
    pub(super) inflow_m3s: Vec<f64>,
    /// Demand (MW) per (bus, block).
    pub(super) load_mw: Vec<f64>,
}

/// The data of all openings of stage `t`; `load_noise` holds the component of the noise vector that moves the demand of
/// each bus.
pub(super) fn opening_data(study: &Study, t: usize, load_noise: &[Option<usize>]) -> Vec<OpeningData> {
    let system = &study.system;
    let one = |opening: usize| {
        let noise = study.openings.noise(t, opening);
        let models = &study.inflow.stages[t];
        let inflow_m3s = (0..system.n_hydros()).map(|h| models[h].base_m3s + models[h].sigma_m3s * noise[h]).collect();
        let mut load_mw = Vec::new();
        for (bus, component) in system.buses().iter().zip(load_noise) {
            let data = &bus.stages[t];
            let shock = component.map_or(0.0, |component| data.load_std_mw * noise[component]);
            let demand = (data.load_mean_mw + shock).max(0.0);
            load_mw.extend(data.load_factors.iter().map(|factor| demand * factor));
        }
        OpeningData { inflow_m3s, load_mw }
    };
    (0..study.openings.n_openings(t)).map(one).collect()
}
