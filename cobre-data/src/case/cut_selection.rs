//! `training.cut_selection` of `config.json`.

use cobre_engine::cuts::{CutSelection, SelectionMethod, SelectionRule};

use super::cursor::{Node, Object};
use super::keys::config as keys;
use super::range::Range;

const DEFAULT_TIE_TOLERANCE: f64 = 1e-10;
const DEFAULT_CHECK_FREQUENCY: u32 = 5;

/// Which keys a method has beside its name.
const METHODS: &[(&str, &[&str])] = &[
    ("level1", &["tie_tolerance", "check_frequency"]),
    ("lml1", &["tie_tolerance", "check_frequency"]),
    ("domination", &["domination_tolerance", "check_frequency"]),
    ("dynamic", &["start_iteration", "seed_window", "candidate_recency", "max_added_per_round", "violation_tolerance"]),
];

/// Reads what the training asks for; what is missing or wrong is reported and takes its default.
pub(super) fn read(training: &Object) -> CutSelection {
    let selection = training.optional("cut_selection").and_then(|node| node.object(&keys::CUT_SELECTION));
    let Some(selection) = selection else { return CutSelection::default() };
    CutSelection {
        row_activity_tolerance: selection
            .optional_number("row_activity_tolerance", Range::NOT_NEGATIVE)
            .unwrap_or_default(),
        max_active_per_stage: selection.optional("max_active_per_stage").and_then(|node| node.count(1)),
        rule: selection.optional("selection").and_then(|node| read_rule(&node)),
    }
}

fn read_rule(node: &Node) -> Option<SelectionRule> {
    let rule = node.object(&keys::SELECTION_METHOD)?;
    let choices: Vec<(&str, usize)> = METHODS.iter().enumerate().map(|(i, method)| (method.0, i)).collect();
    let method = rule.required("method")?;
    let (name, own) = METHODS[method.choice(&choices)?];
    let known = keys::SELECTION_METHOD.keys.iter().map(|key| key.name).filter(|&key| key != "method");
    for key in known.filter(|key| !own.contains(key)) {
        if let Some(foreign) = rule.optional(key) {
            foreign.invalid("schema.unknown_key", format!("the method {name} has no key \"{key}\""));
        }
    }
    if name == "dynamic" {
        method.unsupported("unsupported.dynamic_cut_selection");
        return None;
    }
    let check_frequency = match rule.optional("check_frequency") {
        Some(node) => node.count(1),
        None => Some(DEFAULT_CHECK_FREQUENCY),
    };
    let tolerance = if name == "domination" {
        rule.number("domination_tolerance", Range::NOT_NEGATIVE)
    } else {
        match rule.optional("tie_tolerance") {
            Some(node) => node.number(Range::NOT_NEGATIVE),
            None => Some(DEFAULT_TIE_TOLERANCE),
        }
    };
    let (check_frequency, tolerance) = (check_frequency?, tolerance?);
    let method = match name {
        "level1" => SelectionMethod::Level1 { tie_tolerance: tolerance },
        "lml1" => SelectionMethod::LimitedMemoryLevel1 { tie_tolerance: tolerance },
        _ => SelectionMethod::Domination { domination_tolerance: tolerance },
    };
    Some(SelectionRule { method, check_frequency })
}
