use cobre_data::case::Case as CaseData;
use cobre_engine::stochastic::{ForwardSampler, SampleDomain, noise_paths};
use pyo3::prelude::*;

use super::OpeningTree;
use crate::case::Case;
use crate::detached::detached;
use crate::failure::Failure;
use crate::views::array;

/// Most numbers of a sample (2 GiB of them).
const MAX_VALUES: usize = 1 << 28;

/// Whose paths are sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Training,
    Simulation,
}

impl Phase {
    fn parse(name: &str) -> Result<Self, Failure> {
        match name {
            "training" => Ok(Self::Training),
            "simulation" => Ok(Self::Simulation),
            _ => {
                let message = format!("\"training\" or \"simulation\" is needed, found {name:?}");
                Err(Failure::argument("phase", message))
            }
        }
    }
}

/// What a sample of paths is drawn from.
pub(super) struct Sample<'a> {
    case: &'a CaseData,
    sampler: ForwardSampler,
    iteration: u32,
    n_paths: usize,
}

impl<'a> Sample<'a> {
    /// Paths of a phase; without a seed that of the case.
    pub(super) fn new(
        case: &'a CaseData,
        n_paths: usize,
        seed: Option<u64>,
        phase: &str,
        iteration: u32,
    ) -> Result<Self, Failure> {
        let phase = Phase::parse(phase)?;
        let tree = &case.study.openings;
        let per_path = tree.n_stages() * tree.dimension().max(1);
        if n_paths == 0 || n_paths.saturating_mul(per_path) > MAX_VALUES {
            let most = MAX_VALUES / per_path.max(1);
            return Err(Failure::argument("n", format!("from 1 to {most} paths are needed, found {n_paths}")));
        }
        let (domain, of_case, iteration) = match phase {
            Phase::Training if iteration == 0 => {
                return Err(Failure::argument("iteration", "iterations count from 1, found 0"));
            }
            Phase::Training => (SampleDomain::Training, case.training.as_ref().map(|options| options.seed), iteration),
            Phase::Simulation => (SampleDomain::Simulation, case.simulation.as_ref().map(|options| options.seed), 0),
        };
        let Some(seed) = seed.or(of_case) else {
            return Err(Failure::argument("seed", "the case has none for this phase, which is not enabled"));
        };
        Ok(Self { case, sampler: ForwardSampler::new(seed, domain), iteration, n_paths })
    }

    /// Row-major (path, stage, component).
    pub(super) fn noise(&self) -> Vec<f64> {
        noise_paths(&self.case.study.openings, self.sampler, self.iteration, self.n_paths)
    }
}

/// Where noise is sampled from.
#[derive(FromPyObject)]
pub(super) enum NoiseSource<'py> {
    Case(Bound<'py, Case>),
    Openings(Bound<'py, OpeningTree>),
}

#[pyfunction]
#[pyo3(signature = (source, n, *, seed=None, phase="training", iteration=1))]
pub(super) fn sample_noise<'py>(
    py: Python<'py>,
    source: NoiseSource<'py>,
    n: usize,
    seed: Option<u64>,
    phase: &str,
    iteration: u32,
) -> PyResult<Bound<'py, PyAny>> {
    let case = match &source {
        NoiseSource::Case(case) => case.get(),
        NoiseSource::Openings(openings) => openings.get().case().get(),
    };
    let case = case.data();
    let sample = Sample::new(case, n, seed, phase, iteration)?;
    let noise = detached(py, || Ok(sample.noise()))?;
    let tree = &case.study.openings;
    array(py, noise, &[n, tree.n_stages(), tree.dimension()])
}
