//! What is read from the files of a policy is what training knew, bit for bit, and training goes on from it.

use cobre_data::policy::{PolicyContent, PolicyManifest, PolicyStage, StageCuts};
use cobre_engine::InflowNonNegativity;
use cobre_engine::Study;
use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::{TrainingStart, TrainingState, train};
use cobre_engine::test_models::RandomStudy;

use super::files::{Files, manifest_of, states_of_training, stored};
use crate::setting::{case, control, dataset, training};

fn studies() -> Vec<Study> {
    let shapes = [
        RandomStudy { seed: 41, ar_order: 2, n_blocks: 2, ..RandomStudy::default() },
        RandomStudy {
            seed: 42,
            n_hydros: 3,
            n_buses: 2,
            risk_measure: |_| RiskMeasure::Cvar { alpha: 0.4, lambda: 0.6 },
            annual_discount_rate: 0.1,
            operational_limits: true,
            ..RandomStudy::default()
        },
        RandomStudy {
            seed: 43,
            ar_order: 1,
            non_negativity: InflowNonNegativity::Truncation,
            inflow_variation: 1.0,
            ..RandomStudy::default()
        },
        RandomStudy { seed: 44, n_hydros: 0, ..RandomStudy::default() },
    ];
    let mut studies: Vec<Study> = shapes.iter().map(RandomStudy::build).collect();
    studies.push(case(&dataset("four-reservoirs")).study);
    studies
}

/// Equality of numbers does not see the sign of zero; their text does.
fn assert_same(found: &TrainingState, expected: &TrainingState) {
    assert!(found == expected, "another state of training");
    assert!(format!("{found:?}") == format!("{expected:?}"), "signs of zero differ");
}

#[test]
fn every_checkpoint_is_read_as_it_was() {
    for (i, study) in studies().iter().enumerate() {
        for (state, points) in states_of_training(study, 4, 3) {
            for (compress, with_points) in [(false, true), (true, false)] {
                let states = if with_points { points.as_slice() } else { &[] };
                let content = PolicyContent { states, ..PolicyContent::of_state(&state) };
                let files = Files::write(manifest_of(study, &state), &content, compress);
                let policy = files.read();
                assert_eq!(policy.states(), states);
                assert_eq!(
                    policy.manifest(),
                    &PolicyManifest { parts: policy.manifest().parts.clone(), ..manifest_of(study, &state) }
                );
                let found = policy.to_training_state(study).unwrap_or_else(|error| panic!("study {i}: {error}"));
                assert_same(&found, &state);
            }
        }
    }
}

#[test]
fn equal_policies_are_equal_bytes() {
    let study = &studies()[0];
    let (state, files) = stored(study, 3, 2);
    let (again, files_again) = stored(study, 3, 2);
    assert_same(&state, &again);
    assert!(files == files_again, "the same training gives other bytes");
    let (_, longer) = stored(study, 4, 2);
    assert!(files != longer);
}

#[test]
fn training_goes_on_from_the_files_as_if_it_had_never_stopped() {
    for study in &studies() {
        let options = training(5, 2, 7);
        let straight = train(study, &options, control(1), TrainingStart::Fresh, &mut ()).expect("training");
        let (_, files) = stored(study, 2, 2);
        let state = files.read().to_training_state(study).expect("the same study");
        let resumed = train(study, &options, control(1), TrainingStart::Resume(state), &mut ()).expect("training");
        assert_same(&resumed.state, &straight.state);
        assert_eq!(resumed.iterations, 5);
    }
}

#[test]
fn without_bases_the_cuts_are_there_and_training_goes_on() {
    let study = &studies()[0];
    let (state, _) = states_of_training(study, 3, 2).pop().expect("an iteration");
    let content = PolicyContent { trajectory_bases: Vec::new(), ..PolicyContent::of_state(&state) };
    let files = Files::write(manifest_of(study, &state), &content, false);
    assert!(files.0.keys().all(|path| path == "policy.bin" || path.starts_with("cuts/")), "{:?}", files.0.keys());
    let read = files.read().to_training_state(study).expect("the same study");
    assert_eq!(read.policy.pools, state.policy.pools);
    assert_eq!(read.trajectory_bases, vec![vec![None; 4]; 2]);
    let resumed = train(study, &training(5, 2, 7), control(1), TrainingStart::Resume(read), &mut ());
    let resumed = resumed.expect("training");
    assert_eq!(resumed.iterations, 5);
    assert!(resumed.lower_bound >= state.lower_bounds[2] * (1.0 - 1e-9));
}

#[test]
fn bases_can_be_left_where_they_are() {
    let (_, files) = stored(&studies()[0], 3, 2);
    let (all, fewer) = (files.read(), files.read_without_bases());
    assert_eq!((all.cuts(), all.states(), all.manifest()), (fewer.cuts(), fewer.states(), fewer.manifest()));
    assert!(fewer.bases().is_empty() && !all.bases().is_empty());
}

#[test]
fn a_pool_survives_as_columns() {
    let study = &studies()[1];
    let (state, files) = stored(study, 4, 3);
    let stages = PolicyStage::of_study(study);
    for (t, (cuts, pool)) in files.read().cuts().iter().zip(&state.policy.pools).enumerate() {
        assert_eq!(cuts.to_pool().as_ref(), Ok(pool));
        assert_eq!(&StageCuts::from_pool(t, &stages[t], pool), cuts);
    }
    assert!(state.policy.pools[0].activities().iter().any(|activity| activity.times_binding > 0), "no cut was binding");
}
