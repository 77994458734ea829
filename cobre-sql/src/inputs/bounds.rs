use cobre_data::case::Case;
use cobre_engine::system::{HydroBlock, HydroPenalties, HydroStage, Limits};

use super::{AtStage, at_stages};
use crate::frame::Frame;

/// An entity at a stage, in a block of it.
type InBlock<'a, E, D, B> = (&'a AtStage<'a, E, D>, usize, &'a B);

fn in_blocks<'a, E, D, B>(rows: &'a [AtStage<'a, E, D>], blocks: fn(&D) -> &[B]) -> Vec<InBlock<'a, E, D, B>> {
    rows.iter()
        .flat_map(|row| blocks(row.data).iter().enumerate().map(move |(block, data)| (row, block, data)))
        .collect()
}

/// Limits of hydro plants in every block, as the engine takes them; null where there is none.
pub(super) fn hydros(case: &Case) -> Frame {
    let rows = at_stages(case, case.study.system.hydros(), |hydro| &hydro.stages);
    let rows = in_blocks(&rows, |stage: &HydroStage| &stage.blocks);
    let limits = |frame: Frame, [min, max]: [&str; 2], of: fn(&HydroBlock) -> Limits| {
        frame
            .limits(min, rows.iter().map(|(_, _, block)| of(block).min))
            .limits(max, rows.iter().map(|(_, _, block)| of(block).max))
    };
    let frame = Frame::default()
        .ids("hydro_id", rows.iter().map(|(row, _, _)| row.entity.id))
        .ids("stage_id", rows.iter().map(|(row, _, _)| row.stage.id))
        .indices("block_id", rows.iter().map(|(_, block, _)| *block));
    let frame = limits(frame, ["min_turbined_m3s", "max_turbined_m3s"], |block| block.turbined_m3s);
    let frame = limits(frame, ["min_generation_mw", "max_generation_mw"], |block| block.generation_mw);
    let frame = limits(frame, ["min_outflow_m3s", "max_outflow_m3s"], |block| block.outflow_m3s);
    let frame = limits(frame, ["min_spillage_m3s", "max_spillage_m3s"], |block| block.spillage_m3s);
    limits(frame, ["min_diversion_m3s", "max_diversion_m3s"], |block| block.diversion_m3s)
}

/// Storage limits, productivity, withdrawal and penalties of hydro plants, stage by stage.
pub(super) fn hydro_stages(case: &Case) -> Frame {
    let rows = at_stages(case, case.study.system.hydros(), |hydro| &hydro.stages);
    let mut frame = Frame::default()
        .ids("hydro_id", rows.iter().map(|row| row.entity.id))
        .ids("stage_id", rows.iter().map(|row| row.stage.id))
        .limits("min_storage_hm3", rows.iter().map(|row| row.data.storage_hm3.min))
        .limits("max_storage_hm3", rows.iter().map(|row| row.data.storage_hm3.max))
        .floats("productivity_mw_per_m3s", rows.iter().map(|row| row.data.productivity_mw_per_m3s))
        .floats("water_withdrawal_m3s", rows.iter().map(|row| row.data.water_withdrawal_m3s));
    for (name, cost) in PENALTIES {
        frame = frame.floats(name, rows.iter().map(|row| cost(&row.data.penalties)));
    }
    frame
}

/// A penalty: its name as in the case, and where it is.
type Penalty = (&'static str, fn(&HydroPenalties) -> f64);

const PENALTIES: &[Penalty] = &[
    ("spillage_cost", |costs| costs.spillage_cost),
    ("turbined_cost", |costs| costs.turbined_cost),
    ("diversion_cost", |costs| costs.diversion_cost),
    ("turbined_violation_below_cost", |costs| costs.turbined_violation_below_cost),
    ("outflow_violation_below_cost", |costs| costs.outflow_violation_below_cost),
    ("outflow_violation_above_cost", |costs| costs.outflow_violation_above_cost),
    ("generation_violation_below_cost", |costs| costs.generation_violation_below_cost),
    ("water_withdrawal_violation_pos_cost", |costs| costs.water_withdrawal_violation_pos_cost),
    ("water_withdrawal_violation_neg_cost", |costs| costs.water_withdrawal_violation_neg_cost),
    ("inflow_nonnegativity_cost", |costs| costs.inflow_nonnegativity_cost),
];

/// Limits and costs of thermal plants in every block.
pub(super) fn thermals(case: &Case) -> Frame {
    let rows = at_stages(case, case.study.system.thermals(), |thermal| &thermal.stages);
    let rows = in_blocks(&rows, |stage| &stage.generation_mw);
    Frame::default()
        .ids("thermal_id", rows.iter().map(|(row, _, _)| row.entity.id))
        .ids("stage_id", rows.iter().map(|(row, _, _)| row.stage.id))
        .indices("block_id", rows.iter().map(|(_, block, _)| *block))
        .limits("min_generation_mw", rows.iter().map(|(_, _, limits)| limits.min))
        .limits("max_generation_mw", rows.iter().map(|(_, _, limits)| limits.max))
        .floats("cost_per_mwh", rows.iter().map(|(row, _, _)| row.data.cost_per_mwh))
}

/// Capacities and costs of lines in every block.
pub(super) fn lines(case: &Case) -> Frame {
    let rows = at_stages(case, case.study.system.lines(), |line| &line.stages);
    let rows = in_blocks(&rows, |stage| &stage.blocks);
    Frame::default()
        .ids("line_id", rows.iter().map(|(row, _, _)| row.entity.id))
        .ids("stage_id", rows.iter().map(|(row, _, _)| row.stage.id))
        .indices("block_id", rows.iter().map(|(_, block, _)| *block))
        .limits("direct_mw", rows.iter().map(|(_, _, limits)| limits.direct_mw))
        .limits("reverse_mw", rows.iter().map(|(_, _, limits)| limits.reverse_mw))
        .floats("exchange_cost_per_mwh", rows.iter().map(|(row, _, _)| row.data.exchange_cost_per_mwh))
}
