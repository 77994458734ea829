//! Any content comes back bit for bit, compressed or not.

use std::path::Path;

use cobre_data::policy::{
    StageBases, StageCuts, StageKey, StageStates, decode_bases, decode_cuts, decode_manifest, decode_states,
    encode_bases, encode_cuts, encode_manifest, encode_states,
};
use cobre_engine::solver::{Basis, BasisStatus};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::fixture;

fn finite() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(|bits| {
        let value = f64::from_bits(bits);
        if value.is_finite() { value } else { f64::from_bits(bits & !(1 << 62)) }
    })
}

fn key() -> impl Strategy<Value = StageKey> {
    (any::<u32>(), any::<i32>(), any::<i32>()).prop_map(|(stage_index, stage_id, node_id)| StageKey {
        stage_index,
        stage_id,
        node_id,
    })
}

fn cuts() -> impl Strategy<Value = StageCuts> {
    let columns = |n: usize, dimension: usize| {
        (
            (vec(finite(), n), vec(finite(), n * dimension)),
            (vec(any::<u32>(), n), vec(any::<u32>(), n), vec(any::<u64>(), n), vec(any::<u32>(), n)),
            vec(any::<bool>(), n),
        )
    };
    (key(), any::<[Option<i32>; 2]>(), 0..12usize, 0..5usize).prop_flat_map(move |(stage, days, n, dimension)| {
        columns(n, dimension).prop_map(
            move |(
                (intercepts, coefficients),
                (iteration, trajectory, times_binding, last_binding_iteration),
                is_active,
            )| {
                StageCuts {
                    stage,
                    start_day: days[0],
                    end_day: days[1],
                    dimension,
                    intercepts,
                    coefficients,
                    iteration,
                    trajectory,
                    times_binding,
                    last_binding_iteration,
                    is_active,
                }
            },
        )
    })
}

fn bases() -> impl Strategy<Value = StageBases> {
    let status = prop_oneof![
        Just(BasisStatus::Lower),
        Just(BasisStatus::Basic),
        Just(BasisStatus::Upper),
        Just(BasisStatus::Free)
    ];
    let statuses = vec(status, 0..9);
    let basis = (statuses.clone(), statuses.clone(), statuses, vec(any::<u32>(), 0..6))
        .prop_map(|(columns, segments, rows, cuts)| Basis { columns, segments, rows, cuts });
    (key(), vec(proptest::option::of(basis), 0..6)).prop_map(|(stage, bases)| StageBases { stage, bases })
}

fn states() -> impl Strategy<Value = StageStates> {
    (key(), 0..5usize, 0..9usize).prop_flat_map(|(stage, dimension, n)| {
        let cuts = prop_oneof![Just(0), Just(n)].prop_flat_map(|n| vec(any::<u32>(), n));
        (vec(any::<u32>(), n), vec(any::<u32>(), n), vec(finite(), n * dimension), cuts).prop_map(
            move |(iteration, trajectory, values, cuts)| StageStates {
                stage,
                dimension,
                iteration,
                trajectory,
                values,
                cuts,
            },
        )
    })
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

proptest! {
    #[test]
    fn cuts_come_back(cuts in cuts(), compress in any::<bool>()) {
        let path = Path::new("cuts/0.bin");
        let read = decode_cuts(&encode_cuts(&cuts, compress).expect("cuts"), path).expect("cuts");
        prop_assert_eq!(bits(&read.intercepts), bits(&cuts.intercepts));
        prop_assert_eq!(bits(&read.coefficients), bits(&cuts.coefficients));
        prop_assert_eq!(read, cuts);
    }

    #[test]
    fn bases_come_back(bases in bases(), compress in any::<bool>()) {
        let read = decode_bases(&encode_bases(&bases, compress).expect("bases"), Path::new("basis/0.bin"));
        prop_assert_eq!(read.expect("bases"), bases);
    }

    #[test]
    fn states_come_back(states in states(), compress in any::<bool>()) {
        let content = encode_states(&states, compress).expect("states");
        let read = decode_states(&content, Path::new("states/0.bin")).expect("states");
        prop_assert_eq!(bits(&read.values), bits(&states.values));
        prop_assert_eq!(read, states);
    }

    #[test]
    fn a_manifest_comes_back(
        lower_bounds in vec(finite(), 0..9),
        std in proptest::option::of(finite()),
        seed in any::<u64>(),
        n_parts in 0..4usize,
        n_components in 0..3usize,
    ) {
        let mut manifest = fixture::manifest();
        manifest.lower_bounds = lower_bounds;
        manifest.upper_bound_std = std;
        manifest.seeds.insert("another".to_owned(), seed);
        manifest.parts.truncate(n_parts);
        manifest.components.truncate(n_components);
        manifest.initial_state.truncate(n_components);
        let read = decode_manifest(&encode_manifest(&manifest).expect("manifest"), Path::new("policy.bin"));
        let read = read.expect("manifest");
        prop_assert_eq!(bits(&read.lower_bounds), bits(&manifest.lower_bounds));
        prop_assert_eq!(read, manifest);
    }
}

#[test]
fn compression_makes_a_large_pool_smaller() {
    let n = 2000;
    let mut cuts = fixture::cuts();
    cuts.intercepts = (0..n).map(|i| f64::from(i % 10)).collect();
    cuts.coefficients = vec![-0.25; 2 * n as usize];
    cuts.iteration = vec![1; n as usize];
    cuts.trajectory = vec![2; n as usize];
    cuts.times_binding = vec![3; n as usize];
    cuts.last_binding_iteration = vec![4; n as usize];
    cuts.is_active = vec![true; n as usize];
    let (plain, compressed) = (encode_cuts(&cuts, false).expect("cuts"), encode_cuts(&cuts, true).expect("cuts"));
    assert!(compressed.len() * 10 < plain.len(), "{} of {} bytes", compressed.len(), plain.len());
    assert_eq!(decode_cuts(&compressed, Path::new("cuts/0.bin")).expect("cuts"), cuts);
}
