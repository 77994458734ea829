//! `penalties.json` and the cascade of penalties: stage, entity, whole system.

use std::collections::BTreeMap;

use cobre_engine::system::{DeficitSegment, HydroPenalties};

use super::cursor::{Node, Object};
use super::finding::{Finding, Report};
use super::json::Json;
use super::keys::system as keys;
use super::range::Range;

/// Penalties of hydro plants by key, as far as one level of the cascade gives them.
pub(super) type HydroCosts = BTreeMap<&'static str, f64>;

/// Keys of a hydro penalty that apply at every level.
const SYMMETRIC: [&str; 12] = [
    "spillage_cost",
    "turbined_cost",
    "diversion_cost",
    "storage_violation_below_cost",
    "filling_target_violation_cost",
    "turbined_violation_below_cost",
    "outflow_violation_below_cost",
    "outflow_violation_above_cost",
    "generation_violation_below_cost",
    "evaporation_violation_cost",
    "water_withdrawal_violation_cost",
    "inflow_nonnegativity_cost",
];
/// Keys that an entity cannot give.
const DIRECTIONAL: [&str; 4] = [
    "evaporation_violation_pos_cost",
    "evaporation_violation_neg_cost",
    "water_withdrawal_violation_pos_cost",
    "water_withdrawal_violation_neg_cost",
];
const DEFAULT_INFLOW_NONNEGATIVITY_COST: f64 = 1000.0;

/// The penalties of the whole system.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Penalties {
    pub(super) deficit_segments: Vec<DeficitSegment>,
    pub(super) excess_cost: f64,
    pub(super) exchange_cost: f64,
    pub(super) hydro: HydroCosts,
}

impl Penalties {
    /// Reads the file; `None` when something is missing or wrong.
    pub(super) fn read(json: &Json, report: &Report) -> Option<Self> {
        let root = Node::root(json, keys::PENALTIES_ROOT.file, report).object(&keys::PENALTIES_ROOT)?;
        let bus = root.required("bus").and_then(|node| node.object(&keys::PENALTIES_BUS));
        let line = root.required("line").and_then(|node| node.object(&keys::PENALTIES_LINE));
        let hydro = root.required("hydro").and_then(|node| node.object(&keys::PENALTIES_HYDRO));
        let sources = root.required("non_controllable_source").and_then(|node| node.object(&keys::PENALTIES_NCS));
        let curtailment = sources.and_then(|sources| sources.number("curtailment_cost", Range::POSITIVE));
        let deficit = bus.as_ref().and_then(|bus| bus.required("deficit_segments"));
        let deficit_segments = deficit.and_then(|node| read_deficit_segments(&node));
        let excess_cost = bus.and_then(|bus| bus.number("excess_cost", Range::POSITIVE));
        let exchange_cost = line.and_then(|line| line.number("exchange_cost", Range::POSITIVE));
        let hydro = hydro.and_then(|hydro| read_global_costs(&hydro));
        curtailment?;
        Some(Self {
            deficit_segments: deficit_segments?,
            excess_cost: excess_cost?,
            exchange_cost: exchange_cost?,
            hydro: hydro?,
        })
    }
}

/// The range of a hydro penalty.
fn range(key: &str) -> Range {
    if key == "turbined_cost" { Range::NOT_NEGATIVE } else { Range::POSITIVE }
}

fn read_global_costs(object: &Object) -> Option<HydroCosts> {
    let errors = object.report().n_errors();
    let mut costs = HydroCosts::new();
    for key in SYMMETRIC {
        let value = if key == "inflow_nonnegativity_cost" {
            object.optional_number(key, range(key)).or(Some(DEFAULT_INFLOW_NONNEGATIVITY_COST))
        } else {
            object.number(key, range(key))
        };
        costs.extend(value.map(|value| (key, value)));
    }
    for key in DIRECTIONAL {
        costs.extend(object.optional_number(key, range(key)).map(|value| (key, value)));
    }
    (object.report().n_errors() == errors).then_some(costs)
}

/// Reads the penalties of one plant.
pub(super) fn read_plant_costs(object: &Object) -> HydroCosts {
    let cost = |key: &'static str| Some((key, object.optional_number(key, range(key))?));
    SYMMETRIC.into_iter().filter_map(cost).collect()
}

/// Reads a deficit cost curve: costs increasing, the last segment without depth.
pub(super) fn read_deficit_segments(node: &Node) -> Option<Vec<DeficitSegment>> {
    let items = node.items()?;
    let mut segments: Vec<DeficitSegment> = Vec::with_capacity(items.len());
    let mut holds = true;
    for (i, item) in items.iter().enumerate() {
        let segment = item.object(&keys::DEFICIT_SEGMENT)?;
        let depth = match segment.optional("depth_mw") {
            Some(depth) => depth.number(Range::POSITIVE)?,
            None => f64::INFINITY,
        };
        let cost_per_mwh = segment.number("cost", Range::POSITIVE)?;
        if depth.is_infinite() != (i + 1 == items.len()) {
            let message = "the depth of the last segment must be null, and of no other";
            item.invalid("penalties.deficit_depth", message);
            holds = false;
        }
        if segments.last().is_some_and(|previous| previous.cost_per_mwh >= cost_per_mwh) {
            item.invalid("penalties.deficit_costs", "the costs must increase from segment to segment");
            holds = false;
        }
        segments.push(DeficitSegment { depth_mw: depth, cost_per_mwh });
    }
    if segments.is_empty() {
        node.invalid("penalties.deficit_depth", "at least one segment is needed, the last with a null depth");
        holds = false;
    }
    holds.then_some(segments)
}

/// The penalties of a plant at a stage, the most specific level first.
pub(super) fn resolve_hydro(levels: &[&dyn Fn(&'static str) -> Option<f64>]) -> HydroPenalties {
    let plain = |key| levels.iter().find_map(|level| level(key)).unwrap_or(0.0);
    let either =
        |own, symmetric| levels.iter().find_map(|level| level(own).or_else(|| level(symmetric))).unwrap_or(0.0);
    let withdrawal = "water_withdrawal_violation_cost";
    HydroPenalties {
        spillage_cost: plain("spillage_cost"),
        turbined_cost: plain("turbined_cost"),
        diversion_cost: plain("diversion_cost"),
        turbined_violation_below_cost: plain("turbined_violation_below_cost"),
        outflow_violation_below_cost: plain("outflow_violation_below_cost"),
        outflow_violation_above_cost: plain("outflow_violation_above_cost"),
        generation_violation_below_cost: plain("generation_violation_below_cost"),
        water_withdrawal_violation_pos_cost: either("water_withdrawal_violation_pos_cost", withdrawal),
        water_withdrawal_violation_neg_cost: either("water_withdrawal_violation_neg_cost", withdrawal),
        inflow_nonnegativity_cost: plain("inflow_nonnegativity_cost"),
    }
}

/// Warns where the order of the system-wide penalties invites odd decisions.
pub(super) fn check_order(penalties: &Penalties, report: &Report) {
    let cost = |key: &str| penalties.hydro.get(key).copied().unwrap_or(0.0);
    let place = super::finding::Place::file(keys::PENALTIES_ROOT.file).member("hydro");
    let warn = |code, key: &str, message: String| {
        report.push(Finding::warning(code, &place.member(key), message).value(cost(key)));
    };
    let highest = penalties.deficit_segments.iter().map(|segment| segment.cost_per_mwh).fold(0.0, f64::max);
    if cost("generation_violation_below_cost") >= highest {
        let message = format!("not below the highest deficit cost {highest}: demand is cut to meet minimum generation");
        warn("semantic.5b.8", "generation_violation_below_cost", message);
    }
    let released = cost("spillage_cost").max(cost("diversion_cost"));
    let flows = ["turbined_violation_below_cost", "outflow_violation_below_cost", "outflow_violation_above_cost"];
    for (key, code) in flows.into_iter().zip(["semantic.5b.9", "semantic.5b.10", "semantic.5b.11"]) {
        if cost(key) <= released {
            let message = format!("not above the cost {released} of spilling or diverting: the limit is bought off");
            warn(code, key, message);
        }
    }
}

impl Penalties {
    /// Stands in for penalties that could not be read, so that other files are still checked.
    pub(super) fn placeholder() -> Self {
        let unlimited = DeficitSegment { depth_mw: f64::INFINITY, cost_per_mwh: 1.0 };
        Self { deficit_segments: vec![unlimited], excess_cost: 1.0, exchange_cost: 1.0, hydro: HydroCosts::new() }
    }
}
