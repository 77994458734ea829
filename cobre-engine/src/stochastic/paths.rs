//! Sampled paths through all stages, as training and simulation meet them.

use super::{ForwardSampler, OpeningTree, ParModel};

/// Noise along the paths `0..n_paths`, row-major (path, stage, component).
///
/// Path `p` takes the openings that trajectory `p` of the forward pass takes in the iteration (from 1) when the sampler
/// is that of the training, and those of scenario `p` when it is that of the simulation and `iteration` is 0.
pub fn noise_paths(tree: &OpeningTree, sampler: ForwardSampler, iteration: u32, n_paths: usize) -> Vec<f64> {
    let mut noise = Vec::with_capacity(n_paths * tree.n_stages() * tree.dimension());
    for path in 0..n_paths {
        for stage in 0..tree.n_stages() {
            let opening = sampler.opening(iteration, path, stage, tree.n_openings(stage));
            noise.extend_from_slice(tree.noise(stage, opening));
        }
    }
    noise
}

/// Inflow (m³/s) along paths of noise, row-major (path, stage, plant).
///
/// `noise` is row-major (path, stage, component) with vectors of `dimension` components, those of the plants first.
/// `initial_lags[hydro]` is the inflow of the plant before the study, most recent first. With `truncates` negative
/// inflow is cut off at zero, and the lags carry what is left; a solve may find a value within its tolerance of that.
pub fn inflow_paths(
    model: &ParModel,
    initial_lags: &[Vec<f64>],
    truncates: bool,
    noise: &[f64],
    dimension: usize,
) -> Vec<f64> {
    let (n_stages, n_hydros) = (model.stages.len(), initial_lags.len());
    let mut inflow = Vec::with_capacity(noise.len() / dimension.max(1) * n_hydros);
    for path in noise.chunks_exact((n_stages * dimension).max(1)) {
        let first = inflow.len();
        for (t, (plants, eta)) in model.stages.iter().zip(path.chunks_exact(dimension.max(1))).enumerate() {
            for (h, plant) in plants.iter().enumerate() {
                let mut natural = plant.base_m3s + plant.sigma_m3s * eta[h];
                for (lag, psi) in (1..).zip(&plant.psi) {
                    let past =
                        if lag <= t { inflow[first + (t - lag) * n_hydros + h] } else { initial_lags[h][lag - t - 1] };
                    natural += psi * past;
                }
                inflow.push(if truncates { natural.max(0.0) } else { natural });
            }
        }
    }
    inflow
}
