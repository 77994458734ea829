//! What two runs must have in common so that one can go on where the other stopped.

use std::fmt::Write as _;

use cobre_engine::cuts::{CutSelection, SelectionMethod};
use cobre_engine::{InflowNonNegativity, Study};

use super::config::{Config, OpeningsSource};
use super::files::CaseFiles;

/// Raised whenever [`settings`] says the same in other words.
const VERSION: &str = "cobre study 1";
/// The file of which only some settings count.
const CONFIG: &str = "config.json";

/// SHA-256 over all that decides the bits of training: the files but the configuration, and some settings.
pub(super) fn of(files: &CaseFiles, config: &Config, study: &Study) -> String {
    files.hash_with(|path| path != CONFIG, &[(VERSION, settings(config, study).as_bytes())])
}

/// The settings that count, one per line. Not among them: stopping rules, simulation, exports, policy.
fn settings(config: &Config, study: &Study) -> String {
    let inflow = match config.inflow_non_negativity {
        InflowNonNegativity::None => "none",
        InflowNonNegativity::Truncation => "truncation",
        InflowNonNegativity::Penalty => "penalty",
        InflowNonNegativity::TruncationWithPenalty => "truncation_with_penalty",
    };
    let mut text = format!("inflow_non_negativity {inflow}\n");
    let _ = writeln!(text, "cost_scale_factor {:?}", study.cost_scale_factor);
    let _ = match config.openings {
        OpeningsSource::Generated => writeln!(text, "openings generated {}", config.tree_seed),
        OpeningsSource::File => writeln!(text, "openings file"),
    };
    let _ = writeln!(text, "forward_passes {}", config.forward_passes);
    let _ = writeln!(text, "forward_seed {}", config.forward_seed);
    if config.cut_selection != CutSelection::default() {
        write_selection(&mut text, &config.cut_selection);
    }
    text
}

fn write_selection(text: &mut String, selection: &CutSelection) {
    let _ = writeln!(text, "row_activity_tolerance {:?}", selection.row_activity_tolerance);
    let _ = writeln!(text, "max_active_per_stage {:?}", selection.max_active_per_stage);
    let Some(rule) = selection.rule else { return };
    let _ = match rule.method {
        SelectionMethod::Level1 { tie_tolerance } => writeln!(text, "selection level1 {tie_tolerance:?}"),
        SelectionMethod::LimitedMemoryLevel1 { tie_tolerance } => writeln!(text, "selection lml1 {tie_tolerance:?}"),
        SelectionMethod::Domination { domination_tolerance } => {
            writeln!(text, "selection domination {domination_tolerance:?}")
        }
    };
    let _ = writeln!(text, "check_frequency {}", rule.check_frequency);
}
