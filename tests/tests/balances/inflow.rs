use cobre_engine::Study;

use super::faults::Faults;
use super::tables::Tables;

/// Lags are the inflows before, and the inflows and demands of a stage are those of one opening of the tree.
pub(super) fn check(study: &Study, tables: &Tables) -> Vec<String> {
    let mut faults = Faults::default();
    let system = &study.system;
    let n_lags = study.inflow.max_order;
    let hydro_rows = tables.hydros.index(["scenario_id", "stage_id", "hydro_id", "block_id"]);
    let lag_rows = tables.inflow_lags.index(["scenario_id", "stage_id", "hydro_id", "lag_index"]);
    for &scenario in tables.scenarios() {
        let mut lags: Vec<Vec<f64>> = system
            .initial()
            .inflow_lags_m3s
            .iter()
            .map(|known| (0..n_lags).map(|lag| known.get(lag).copied().unwrap_or(0.0)).collect())
            .collect();
        for (t, stage) in system.stages().iter().enumerate() {
            let place = |what: &str| format!("{what} of scenario {scenario}, stage {}", stage.id);
            let mut inflows = Vec::new();
            for (h, hydro) in system.hydros().iter().enumerate() {
                for (lag, expected) in lags[h].iter().enumerate() {
                    let row = lag_rows.get(&[scenario, stage.id, hydro.id, lag as i32]);
                    let found = row.map_or(f64::NAN, |&row| tables.inflow_lags.floats("inflow_m3s")[row]);
                    faults.equal(|| place(&format!("lag {lag} of plant {}", hydro.id)), found, *expected);
                }
                let row = hydro_rows.get(&[scenario, stage.id, hydro.id, 0]);
                inflows.push(row.map_or(f64::NAN, |&row| tables.hydros.floats("incremental_inflow_m3s")[row]));
            }
            let openings = 0..study.openings.n_openings(t);
            if !openings.clone().any(|opening| is_opening(study, t, opening, &lags, &inflows)) {
                faults.push(format!("{}: {inflows:?} are of none of {openings:?}", place("inflows")));
            }
            for (lags, inflow) in lags.iter_mut().zip(&inflows) {
                lags.insert(0, *inflow);
                lags.truncate(n_lags);
            }
        }
    }
    faults.into_vec()
}

/// Whether all plants have the inflow of `opening`.
fn is_opening(study: &Study, t: usize, opening: usize, lags: &[Vec<f64>], inflows: &[f64]) -> bool {
    let noise = study.openings.noise(t, opening);
    inflows.iter().enumerate().all(|(h, inflow)| {
        let model = &study.inflow.stages[t][h];
        let memory: f64 = model.psi.iter().zip(&lags[h]).map(|(psi, lag)| psi * lag).sum();
        let natural = model.base_m3s + memory + model.sigma_m3s * noise[h];
        let expected = if study.inflow_non_negativity.truncates() { natural.max(0.0) } else { natural };
        (inflow - expected).abs() <= 1e-9 * expected.abs().max(1.0)
    })
}
