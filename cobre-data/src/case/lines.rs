//! Transmission lines.

use cobre_engine::system::{Line, LineLimits, LineStage};

use super::buses::BusData;
use super::files::CaseFiles;
use super::finding::Report;
use super::keys::system as keys;
use super::overrides::{Overrides, Rules};
use super::penalties::Penalties;
use super::range::Range;
use super::registry::{Entity, Operation, Registry};
use super::stages::Stages;
use super::tables;

/// What `system/lines.json` says about a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LineData {
    source_bus_id: i32,
    target_bus_id: i32,
    operation: Operation,
    direct_mw: f64,
    reverse_mw: f64,
    exchange_cost: Option<f64>,
    losses_percent: f64,
}

/// Overrides of lines.
pub(super) struct LineOverrides {
    bounds: Overrides,
    penalties: Overrides,
}

/// Reads `system/lines.json`.
pub(super) fn read(files: &CaseFiles, buses: &Registry<BusData>, report: &Report) -> Registry<LineData> {
    Registry::read(files, &keys::LINES_ROOT, "lines", &keys::LINE, report, |object| {
        let bus = |key| {
            let id = object.id(key)?;
            buses.check(id, "bus", &object.place().member(key), report).then_some(id)
        };
        let (source, target) = (bus("source_bus_id"), bus("target_bus_id"));
        if source.is_some() && source == target {
            report.error("lines.one_bus", object.place(), "the line must join two different buses");
        }
        let operation = Operation::read(object);
        let capacity = object.required("capacity").and_then(|node| node.object(&keys::CAPACITY));
        let limits = capacity.and_then(|capacity| {
            let direct = capacity.number("direct_mw", Range::NOT_NEGATIVE);
            Some((direct, capacity.number("reverse_mw", Range::NOT_NEGATIVE)?))
        });
        let exchange_cost = object.optional_number("exchange_cost", Range::POSITIVE);
        let losses_percent = object.optional_number("losses_percent", Range::NOT_NEGATIVE).unwrap_or(0.0);
        let (direct, reverse_mw) = limits?;
        Some(LineData {
            source_bus_id: source?,
            target_bus_id: target?,
            operation,
            direct_mw: direct?,
            reverse_mw,
            exchange_cost,
            losses_percent,
        })
    })
}

impl LineOverrides {
    /// Reads bounds and prices.
    pub(super) fn read(files: &CaseFiles, lines: &Registry<LineData>, stages: &Stages, report: &Report) -> Self {
        let rules = |shape| Rules { shape, key: "line_id", class: "line", registry: lines, whole_stage: &[] };
        Self {
            bounds: Overrides::read(files, &rules(&tables::LINE_BOUNDS), stages, report),
            penalties: Overrides::read(files, &rules(&tables::LINE_PENALTIES), stages, report),
        }
    }
}

/// The lines with capacity and price per stage.
pub(super) fn resolve(
    lines: &Registry<LineData>,
    buses: &Registry<BusData>,
    stages: &Stages,
    penalties: &Penalties,
    overrides: &LineOverrides,
) -> Vec<Line> {
    let resolve_one = |entity: &Entity<LineData>| {
        let data = &entity.data;
        let block = |t: usize, k: usize| {
            if !data.operation.includes(stages.id(t)) {
                return LineLimits { direct_mw: 0.0, reverse_mw: 0.0 };
            }
            let bound = |column| overrides.bounds.of_block(entity.id, t, k, column).map(|given| given.value);
            LineLimits {
                direct_mw: bound("direct_mw").unwrap_or(data.direct_mw),
                reverse_mw: bound("reverse_mw").unwrap_or(data.reverse_mw),
            }
        };
        let stage = |t: usize| LineStage {
            exchange_cost_per_mwh: overrides
                .penalties
                .of_stage(entity.id, t, "exchange_cost")
                .map(|given| given.value)
                .or(data.exchange_cost)
                .unwrap_or(penalties.exchange_cost),
            blocks: (0..stages.n_blocks(t)).map(|k| block(t, k)).collect(),
        };
        Some(Line {
            id: entity.id,
            name: entity.name.clone(),
            source_bus: buses.position(data.source_bus_id)?,
            target_bus: buses.position(data.target_bus_id)?,
            losses_percent: data.losses_percent,
            stages: (0..stages.len()).map(stage).collect(),
        })
    };
    lines.entities().iter().filter_map(resolve_one).collect()
}
