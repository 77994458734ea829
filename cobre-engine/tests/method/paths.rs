//! Sampled paths are the ones that simulation takes.

use cobre_engine::sddp::SimulationOptions;
use cobre_engine::simulation::simulate;
use cobre_engine::stochastic::{ForwardSampler, SampleDomain, inflow_paths, noise_paths};
use cobre_engine::test_models::RandomStudy;
use cobre_engine::{InflowNonNegativity, Study};

use crate::outcomes::Outcomes;
use crate::setting::{control, train_with};

const SEED: u64 = 21;
const N_PATHS: usize = 40;

/// Inflow of every path, `[path][stage][hydro]`, as the simulation sees it.
fn simulated(study: &Study) -> Vec<Vec<Vec<f64>>> {
    let policy = train_with(study, 1, 1, 1).expect("training").0.state.policy;
    let options = SimulationOptions { n_scenarios: N_PATHS, bucket_size: 16, seed: SEED };
    let mut outcomes = Outcomes::default();
    simulate(study, &policy, &options, control(1), &[], &mut outcomes, &mut |_| {}).expect("simulation");
    let mut paths = vec![Vec::new(); N_PATHS];
    for (bucket, _, stage) in &outcomes.stages {
        for (i, outcome) in stage.iter().enumerate() {
            let inflow = outcome.hydros.iter().map(|hydro| hydro.inflow_m3s).collect();
            paths[bucket.first_scenario + i].push(inflow);
        }
    }
    paths
}

#[test]
fn inflow_along_sampled_paths_is_that_of_the_simulation() {
    for (ar_order, non_negativity) in
        [(0, InflowNonNegativity::Penalty), (2, InflowNonNegativity::Penalty), (2, InflowNonNegativity::Truncation)]
    {
        let study = RandomStudy {
            seed: 901,
            ar_order,
            inflow_variation: 0.9,
            load_variation: 0.1,
            non_negativity,
            ..RandomStudy::default()
        };
        let study = study.build();
        let truncates = non_negativity.truncates();
        let tree = &study.openings;
        let noise = noise_paths(tree, ForwardSampler::new(SEED, SampleDomain::Simulation), 0, N_PATHS);
        let lags = &study.system.initial().inflow_lags_m3s;
        let inflow = inflow_paths(&study.inflow, lags, truncates, &noise, tree.dimension());
        let expected: Vec<f64> = simulated(&study).into_iter().flatten().flatten().collect();
        let n_negative = inflow.iter().filter(|value| **value < 0.0).count();
        assert_eq!(n_negative == 0, truncates, "order {ar_order}: {n_negative} negative values");
        if truncates {
            // The solver's value, where the inflow is a column of the stage problem.
            assert_eq!(inflow.len(), expected.len());
            for (value, expected) in inflow.iter().zip(&expected) {
                assert!((value - expected).abs() < 1e-6, "order {ar_order}: {value} is not {expected}");
            }
        } else {
            assert_eq!(inflow, expected, "order {ar_order}");
        }
    }
}
