//! The same case gives the same bits, whatever the number of threads; runs of one root live side by side.

use std::path::Path;

use arrow::array::RecordBatch;
use cobre_data::output::{Run, committed_runs, open_run};
use cobre_data::store::Store;
use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::{Policy, SimulationOptions};
use cobre_engine::test_models::RandomStudy;
use cobre_engine::{InflowNonNegativity, Study};

use crate::setting::{Recorded, case, dataset, record, training};

/// Several chains of solves per bucket, and a last bucket that is not full.
const SIMULATION: SimulationOptions = SimulationOptions { n_scenarios: 150, bucket_size: 100, seed: 3 };

fn record_with(study: &Study, n_threads: usize, root: &Path) -> Recorded {
    record(study, &training(12, 5, 11), &SIMULATION, n_threads, root)
}

/// Every number of a policy, bit by bit.
fn policy_bits(policy: &Policy) -> Vec<u64> {
    let mut bits = Vec::new();
    let mut coefficients = Vec::new();
    for pool in &policy.pools {
        bits.push(pool.len() as u64);
        for id in 0..pool.len() as u32 {
            bits.push(pool.intercept(id).to_bits());
            pool.write_coefficients(id, &mut coefficients);
            bits.extend(coefficients.iter().map(|coefficient| coefficient.to_bits()));
            bits.push(u64::from(pool.origin(id).iteration) << 32 | u64::from(pool.origin(id).trajectory));
        }
    }
    bits
}

/// All tables of a run by name, without the columns that hold times.
fn results(run: &Run) -> Vec<(String, Vec<RecordBatch>)> {
    let is_time = |name: &str| name.starts_with("time_") || name.ends_with("_ms");
    let mut results = Vec::new();
    for name in run.manifest().tables.keys().filter(|name| !name.ends_with("_timing")) {
        let batches = run.read_table(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let kept = batches.iter().map(|batch| {
            let schema = batch.schema();
            let columns: Vec<usize> =
                (0..schema.fields().len()).filter(|&column| !is_time(schema.field(column).name())).collect();
            batch.project(&columns).expect("the columns are those of the batch")
        });
        results.push((name.clone(), kept.collect()));
    }
    results
}

/// Compares tables bit by bit; equality of floats would let zeros of both signs pass.
fn assert_same_results(one: &Run, other: &Run) {
    let (one, other) = (results(one), results(other));
    assert!(one.len() >= 11, "only {} tables", one.len());
    for (name, _) in one.iter().filter(|(_, batches)| batches.is_empty()) {
        let may_be_empty =
            ["retry_histogram", "inflow_lags", "cut_selection"].iter().any(|table| name.ends_with(table));
        assert!(may_be_empty, "{name} has no rows");
    }
    for ((name, left), (other_name, right)) in one.iter().zip(&other) {
        assert_eq!(name, other_name);
        assert_eq!(left.len(), right.len(), "{name}: batches");
        for (left, right) in left.iter().zip(right) {
            assert_eq!(left.schema(), right.schema(), "{name}");
            for (field, (a, b)) in left.schema().fields().iter().zip(left.columns().iter().zip(right.columns())) {
                let (a, b) = (a.to_data(), b.to_data());
                let same = a.nulls() == b.nulls() && a.buffers() == b.buffers();
                assert!(same, "{name}.{} differs", field.name());
            }
        }
    }
}

fn judge_threads(study: &Study) {
    let root = tempfile::tempdir().expect("a temporary folder");
    let one = record_with(study, 1, root.path());
    let bits = policy_bits(&one.trained.state.policy);
    assert!(bits.len() > 200, "a policy of {} numbers says little", bits.len());
    for n_threads in [2, 3] {
        let several = record_with(study, n_threads, root.path());
        assert!(bits == policy_bits(&several.trained.state.policy), "{n_threads} threads give other cuts than one");
        assert_eq!(
            one.trained.state.policy.bases, several.trained.state.policy.bases,
            "bases with {n_threads} threads"
        );
        assert_eq!(one.trained.lower_bound.to_bits(), several.trained.lower_bound.to_bits());
        assert_eq!(one.simulated.mean_cost.to_bits(), several.simulated.mean_cost.to_bits());
        assert_same_results(&one.run, &several.run);
    }
}

#[test]
fn toy_does_not_depend_on_threads() {
    judge_threads(&case(&dataset("toy")).study);
}

#[test]
fn four_reservoirs_do_not_depend_on_threads() {
    judge_threads(&case(&dataset("four-reservoirs")).study);
}

#[test]
fn truncation_risk_and_soft_limits_do_not_depend_on_threads() {
    let shape = RandomStudy {
        seed: 71,
        n_hydros: 3,
        n_buses: 2,
        n_blocks: 2,
        ar_order: 2,
        inflow_variation: 0.9,
        load_variation: 0.1,
        non_negativity: InflowNonNegativity::Truncation,
        risk_measure: |_| RiskMeasure::Cvar { alpha: 0.4, lambda: 0.5 },
        operational_limits: true,
        ..RandomStudy::default()
    };
    judge_threads(&shape.build());
}

#[test]
fn runs_of_one_root_are_numbered_and_stay_readable() {
    let study = case(&dataset("toy")).study;
    let root = tempfile::tempdir().expect("a temporary folder");
    let simulation = SimulationOptions { n_scenarios: 10, bucket_size: 10, seed: 3 };
    let first = record(&study, &training(2, 1, 1), &simulation, 1, root.path());
    let second = record(&study, &training(3, 1, 1), &simulation, 1, root.path());
    assert_eq!(
        committed_runs(&Store::open_path(root.path()).expect("a store")).expect("the root can be listed"),
        [1, 2]
    );
    assert_eq!((first.run.manifest().run, second.run.manifest().run), (1, 2));
    assert_ne!(first.run.manifest().run_id, second.run.manifest().run_id);
    for (number, iterations) in [(Some(1), 2), (Some(2), 3), (None, 3)] {
        let run = open_run(&Store::open_path(root.path()).expect("a store"), number).expect("a committed run opens");
        let rows: usize =
            run.read_table("convergence").expect("the table is there").iter().map(RecordBatch::num_rows).sum();
        assert_eq!(rows, iterations, "iterations of run {number:?}");
        assert!(root.path().join(format!("run={}", run.manifest().run)).is_dir());
    }
}

#[test]
fn a_difference_in_the_last_bit_is_found() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let study = case(&dataset("toy")).study;
    let mut other = study.clone();
    other.cost_scale_factor *= 1.5;
    let one = record_with(&study, 1, root.path());
    let scaled = record_with(&other, 1, root.path());
    let off = (one.trained.lower_bound - scaled.trained.lower_bound).abs() / one.trained.lower_bound;
    assert!(off < 1e-6, "the scale of costs changed the bound by {off:e}");
    assert!(
        policy_bits(&one.trained.state.policy) != policy_bits(&scaled.trained.state.policy),
        "the comparison sees nothing"
    );
    let same = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| assert_same_results(&one.run, &scaled.run)));
    assert!(same.is_err(), "the comparison of tables sees nothing");
}
