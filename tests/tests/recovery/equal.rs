//! Equality of two runs, bit for bit, but for times, hosts and identities.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::concat_batches;
use cobre_data::output::{Run, RunStatus};

/// Tables that hold nothing but times.
const TIMES_ONLY: [&str; 2] = ["training/iteration_timing", "training/rank_timing"];

fn is_time(name: &str) -> bool {
    name.starts_with("time_") || name.ends_with("_ms")
}

/// Asserts that two complete runs hold the same policy and the same rows in the same order.
pub(crate) fn assert_equal(one: &Run, other: &Run) {
    assert_policies(one, other);
    let n_compared = assert_tables_equal(one, other);
    assert!(n_compared >= 15, "only {n_compared} tables have rows");
}

/// Asserts that two complete runs hold the same rows in the same order; answers how many tables have any.
pub(crate) fn assert_tables_equal(one: &Run, other: &Run) -> usize {
    assert_eq!(one.manifest().status, RunStatus::Complete);
    assert_eq!(other.manifest().status, RunStatus::Complete);
    assert_eq!(one.manifest().summary, other.manifest().summary);
    let names = |run: &Run| run.manifest().tables.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(one), names(other));
    let mut n_compared = 0;
    for name in names(one).iter().filter(|name| !TIMES_ONLY.contains(&name.as_str())) {
        let (left, right) = (table(one, name), table(other, name));
        match (left, right) {
            (None, None) => {}
            (Some(left), Some(right)) => {
                assert_batches(name, &left, &right);
                n_compared += 1;
            }
            (left, right) => panic!("{name}: rows {:?}, {:?}", left.is_some(), right.is_some()),
        }
    }
    n_compared
}

/// Content of the files of the policy, by their path inside its folder.
fn policy_files(run: &Run) -> BTreeMap<String, Vec<u8>> {
    let policy = run.manifest().policy.as_ref().expect("the run has a policy");
    let inside = |path: &str| path.strip_prefix(&format!("{}/", policy.path)).expect("a file of the folder").to_owned();
    let read = |path: &str| run.store().get(path).unwrap_or_else(|error| panic!("{error}")).to_vec();
    policy.files.iter().map(|file| (inside(&file.path), read(&file.path))).collect()
}

fn assert_policies(one: &Run, other: &Run) {
    let (left, right) = (policy_files(one), policy_files(other));
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
    assert!(left.len() > 15, "{} files of a policy", left.len());
    // policy.bin tells when and by whom, too; its numbers are compared through the manifest and the tables.
    for (name, content) in left.iter().filter(|(name, _)| name.as_str() != "policy.bin") {
        assert!(content == &right[name], "the policy's file {name} differs");
    }
}

/// The rows of a table; none when it has no file.
fn table(run: &Run, name: &str) -> Option<RecordBatch> {
    let batches = run.read_table(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    let schema = batches.first()?.schema();
    let whole = concat_batches(&schema, &batches).unwrap_or_else(|error| panic!("{name}: {error}"));
    let kept: Vec<usize> = (0..schema.fields().len()).filter(|&column| !is_time(schema.field(column).name())).collect();
    Some(whole.project(&kept).expect("the columns are those of the table"))
}

fn assert_batches(name: &str, left: &RecordBatch, right: &RecordBatch) {
    assert_eq!(left.schema(), right.schema(), "{name}");
    assert_eq!(left.num_rows(), right.num_rows(), "{name}: rows");
    for (field, (a, b)) in left.schema().fields().iter().zip(left.columns().iter().zip(right.columns())) {
        assert!(same_bits(a, b), "{name}.{} differs", field.name());
    }
}

/// Equality of floats would let zeros of both signs pass.
fn same_bits(a: &ArrayRef, b: &ArrayRef) -> bool {
    let (a, b) = (a.to_data(), b.to_data());
    let nulls = |data: &arrow::array::ArrayData| (0..data.len()).map(|i| data.is_null(i)).collect::<Vec<_>>();
    nulls(&a) == nulls(&b) && a.buffers() == b.buffers()
}
