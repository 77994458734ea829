//! Damaged files end in a case or in findings, never in a panic.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use cobre_data::case::{CaseError, read_case};

use super::fixture::{Fixture, parquet_bytes};

/// A small deterministic generator (`SplitMix64`, Steele et al. 2014).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// Flips, overwrites, removes, repeats or cuts off bytes.
fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(3) {
        if bytes.is_empty() {
            return;
        }
        let at = dice.below(bytes.len());
        match dice.below(6) {
            0 => bytes[at] ^= 1 << dice.below(8),
            1 => bytes[at] = dice.next() as u8,
            2 => bytes[at] = *b"0919{}[],:\"-.enull".get(dice.below(18)).unwrap_or(&b'0'),
            3 => drop(bytes.drain(at..(at + 1 + dice.below(8)).min(bytes.len()))),
            4 => {
                let piece = bytes[at..(at + 1 + dice.below(16)).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => bytes.truncate(at),
        }
    }
}

/// Reads the fixture with one damaged file, `n` times.
fn damage(n: u64, seed: u64, is_target: impl Fn(&str) -> bool) {
    let fixture = Fixture::new();
    let mut contents: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, value) in &fixture.json {
        contents.push((name.clone(), serde_json::to_vec(value).unwrap()));
    }
    for (name, columns) in &fixture.tables {
        contents.push((name.clone(), parquet_bytes(columns)));
    }
    contents.retain(|(name, _)| name.rsplit('.').next().is_some_and(&is_target));
    let directory = tempfile::tempdir().unwrap();
    fixture.write(directory.path());
    // The long tier sets its own number.
    let n = std::env::var("COBRE_MUTATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(n);
    let (mut n_read, mut n_invalid) = (0, 0);
    for i in 0..n {
        let mut dice = Dice::new(seed + i);
        let (name, bytes) = &contents[dice.below(contents.len())];
        let mut damaged = bytes.clone();
        mutate(&mut damaged, &mut dice);
        fs::write(directory.path().join(name), &damaged).unwrap();
        match catch_unwind(AssertUnwindSafe(|| read_case(directory.path()))) {
            Ok(Ok(_)) => n_read += 1,
            Ok(Err(CaseError::Invalid { findings })) => {
                assert!(!findings.is_empty(), "mutation {i} of {name}: invalid without a finding");
                n_invalid += 1;
            }
            Ok(Err(other)) => panic!("mutation {i} of {name}: {other}"),
            Err(cause) => panic!("mutation {i} of {name} panics: {cause:?}"),
        }
        fs::write(directory.path().join(name), bytes).unwrap();
    }
    assert!(n_invalid > n / 2, "only {n_invalid} of {n} mutations were noticed");
    println!("{n_read} read, {n_invalid} invalid");
}

#[test]
fn damaged_json() {
    damage(400, 1, |extension| extension == "json");
}

#[test]
fn damaged_parquet() {
    damage(400, 100_000, |extension| extension == "parquet");
}

#[test]
fn the_case_that_fuzz_targets_start_from_is_valid() {
    let (name, text) = crate::fuzz_case::JSON[0];
    let case = crate::fuzz_case::read_with(name, text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert!(case.warnings.is_empty(), "{:?}", case.warnings);
    for table in crate::fuzz_case::TABLES {
        let damaged = crate::fuzz_case::read_with(table, b"no Parquet");
        assert!(damaged.is_err(), "{table} is not read");
    }
}
