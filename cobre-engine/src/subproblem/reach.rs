//! Reachable natural inflow: what the relaxation of the truncation needs to know.

use crate::study::Study;

/// Interval of natural inflow `y = base + Σ ψ·lag + σ·η` of one plant at one stage for one opening, over all paths
/// that can lead to the stage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ReachableInflow {
    /// Lower end (m³/s).
    pub(super) low: f64,
    /// Upper end (m³/s).
    pub(super) high: f64,
}

impl ReachableInflow {
    /// Slope of the chord of `max(0, y)` over the interval.
    pub(super) fn chord_slope(self) -> f64 {
        if self.low >= 0.0 {
            1.0
        } else if self.high <= 0.0 {
            0.0
        } else {
            self.high / (self.high - self.low)
        }
    }

    /// The chord of `max(0, y)` over the interval, at `y`. With the two lines below the hull it is the convex hull of
    /// the truncation: `max(0, y) ≤ z ≤ chord(y)`.
    pub(super) fn chord(self, y: f64) -> f64 {
        let chord = if self.low >= 0.0 { y } else { self.chord_slope() * (y - self.low) };
        // Rounding must not close the hull at its end points.
        chord.max(y).max(0.0)
    }
}

/// `[stage][hydro][opening]`; empty per stage where the study does not truncate.
pub(super) fn reachable_inflow(study: &Study) -> Vec<Vec<Vec<ReachableInflow>>> {
    let system = &study.system;
    let n_hydros = system.n_hydros();
    let order = study.inflow.max_order;
    // Lag intervals per plant, most recent first.
    let mut lags: Vec<Vec<(f64, f64)>> = (0..n_hydros)
        .map(|h| {
            let seeds = &system.initial().inflow_lags_m3s[h];
            (0..order).map(|l| seeds.get(l).map_or((0.0, 0.0), |&seed| (seed, seed))).collect()
        })
        .collect();
    let mut stages = Vec::with_capacity(system.n_stages());
    for t in 0..system.n_stages() {
        let mut stage = Vec::with_capacity(n_hydros);
        for (h, known) in lags.iter_mut().enumerate() {
            let model = &study.inflow.stages[t][h];
            let (mut low, mut high) = (model.base_m3s, model.base_m3s);
            for (&psi, &(lag_low, lag_high)) in model.psi.iter().zip(known.iter()) {
                let (a, b) = (psi * lag_low, psi * lag_high);
                low += a.min(b);
                high += a.max(b);
            }
            let mut reach = (f64::INFINITY, 0.0f64);
            let openings: Vec<ReachableInflow> = (0..study.openings.n_openings(t))
                .map(|k| {
                    let shock = model.sigma_m3s * study.openings.noise(t, k)[h];
                    let interval = ReachableInflow { low: low + shock, high: high + shock };
                    reach.0 = reach.0.min(interval.low.max(0.0));
                    reach.1 = reach.1.max(interval.high.max(0.0));
                    interval
                })
                .collect();
            if order > 0 {
                known.rotate_right(1);
                known[0] = reach;
            }
            stage.push(openings);
        }
        stages.push(stage);
    }
    stages
}
