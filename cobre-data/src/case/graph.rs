//! The policy graph: a chain of stages, and its discount rates.

use super::cursor::{Node, Object};
use super::finding::{Finding, Report};
use super::keys::stages as keys;
use super::range::Range;
use super::stages::StudyStage;

/// How far the probabilities that leave a stage may sum from 1.
const PROBABILITY_TOLERANCE: f64 = 1e-6;

/// Annual discount rates.
pub(super) struct Rates {
    of_stages: Vec<f64>,
}

struct Transition<'a> {
    node: Node<'a>,
    source: usize,
    target: usize,
    probability: f64,
    rate: Option<f64>,
}

impl Rates {
    /// Reads `policy_graph` and the rates of the stages themselves; `study` is sorted by id. The transitions are
    /// checked against it when it `is_whole`: no stage was left out for an error.
    pub(super) fn read(root: &Object, study: &[StudyStage], is_whole: bool) -> Self {
        let report = root.report();
        let mut of_stages = vec![0.0; study.len()];
        if let Some(graph) = root.required("policy_graph").and_then(|node| node.object(&keys::POLICY_GRAPH)) {
            if let Some(kind) = graph.required("type")
                && kind.choice(&[("finite_horizon", true), ("cyclic", false)]) == Some(false)
            {
                kind.unsupported("unsupported.cyclic_graph");
            }
            of_stages.fill(graph.number("annual_discount_rate", Range::NOT_NEGATIVE).unwrap_or(0.0));
            let items = graph.optional_items("transitions");
            let transitions: Vec<Transition> =
                items.iter().filter_map(|node| Transition::read(node, study, is_whole)).collect();
            if is_whole && transitions.len() == items.len() {
                check_chain(&transitions, study, report, &graph);
            }
            for transition in &transitions {
                if let Some(rate) = transition.rate {
                    of_stages[transition.source] = rate;
                }
            }
        }
        for item in root.optional_items("stages") {
            let Some(stage) = item.object_quietly(&keys::STAGE) else { continue };
            let Some(rate) = stage.optional_number("annual_discount_rate_override", Range::NOT_NEGATIVE) else {
                continue;
            };
            if let Some(t) = study.iter().position(|known| known.place == *item.place()) {
                of_stages[t] = rate;
            }
        }
        Self { of_stages }
    }

    /// The annual rate of the stage at a position.
    pub(super) fn of_stage(&self, t: usize) -> f64 {
        self.of_stages[t]
    }
}

impl<'a> Transition<'a> {
    fn read(node: &Node<'a>, study: &[StudyStage], is_whole: bool) -> Option<Self> {
        let transition = node.object(&keys::TRANSITION)?;
        let end = |key| {
            let node = transition.required(key)?;
            let id = node.id()?;
            let position = study.iter().position(|stage| stage.stage.id == id);
            if position.is_none() && is_whole {
                node.invalid("referential.1", "no study stage has this id");
            }
            position
        };
        let (source, target) = (end("source_id"), end("target_id"));
        let probability = transition.number("probability", Range::SHARE);
        let rate = transition.optional_number("annual_discount_rate_override", Range::NOT_NEGATIVE);
        Some(Self { node: node.clone(), source: source?, target: target?, probability: probability?, rate })
    }
}

fn check_chain(transitions: &[Transition], study: &[StudyStage], report: &Report, graph: &Object) {
    for (t, stage) in study.iter().enumerate() {
        let leaving: Vec<&Transition> = transitions.iter().filter(|transition| transition.source == t).collect();
        let sum: f64 = leaving.iter().map(|transition| transition.probability).sum();
        if !leaving.is_empty() && (sum - 1.0).abs() > PROBABILITY_TOLERANCE {
            let message = format!("the probabilities that leave stage {} must sum to 1", stage.stage.id);
            report.push(Finding::error("policy_graph.probability", leaving[0].node.place(), message).value(sum));
        }
        for transition in &leaving {
            if transition.target <= t {
                transition.node.unsupported("unsupported.cyclic_graph");
            } else if transition.target != t + 1 || leaving.len() > 1 {
                transition.node.unsupported("unsupported.branching_graph");
            }
        }
        if leaving.is_empty() && !transitions.is_empty() && t + 1 < study.len() {
            let place = graph.place().member("transitions");
            let message = format!("no transition leaves stage {}", stage.stage.id);
            report.error("policy_graph.incomplete", &place, message);
        }
    }
}
