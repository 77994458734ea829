//! Killed runs: whatever the moment, `--resume` ends with the same policy and the same tables, bit for bit.

pub(crate) mod case;
pub(crate) mod equal;
pub(crate) mod faults;
pub(crate) mod kill;
mod ownership;
mod places;
pub(crate) mod stopped;
mod uploads;

use kill::{Place, judge_kills};

/// A seeded handful; the long tier runs many more.
const KILLS: usize = 5;

/// Kills per place: `COBRE_KILLS`, else a handful.
fn n_kills() -> usize {
    std::env::var("COBRE_KILLS").ok().map_or(KILLS, |n| n.parse().expect("COBRE_KILLS is a number"))
}

#[test]
fn kills_on_a_local_disk() {
    judge_kills(&Place::disk(), n_kills(), 2024);
}

#[test]
fn kills_while_writing_to_s3() {
    judge_kills(&Place::s3("kills"), n_kills(), 4711);
}
