use cobre_data::case::{Case, Severity};
use cobre_engine::risk::RiskMeasure;
use cobre_engine::system::Stage;

use crate::frame::Frame;

/// Stages in order of time.
pub(super) fn stages(case: &Case) -> Frame {
    let stages = case.study.system.stages();
    let seasons = || stages.iter().map(|stage| stage.season.and_then(|season| case.seasons.get(season)));
    let tails = || {
        stages.iter().map(|stage| match stage.risk_measure {
            RiskMeasure::Expectation => None,
            RiskMeasure::Cvar { alpha, lambda } => Some((alpha, lambda)),
        })
    };
    let profiles = &case.stochastic.correlation.stage_profile;
    let profile = |stage: usize| profiles.get(stage).copied().flatten().map(|profile| profile as i32);
    Frame::default()
        .ids("stage_id", stages.iter().map(|stage| stage.id))
        .days("start_date", stages.iter().map(|stage| stage.start_day))
        .days("end_date", stages.iter().map(|stage| stage.end_day))
        .optional_ids("season_id", seasons().map(|season| season.map(|season| season.id as i32)))
        .optional_texts("season", seasons().map(|season| season.map(|season| &season.label)))
        .indices("n_blocks", stages.iter().map(|stage| stage.blocks.len()))
        .floats("hours", stages.iter().map(Stage::hours))
        .floats("discount_factor", stages.iter().map(|stage| stage.discount_factor))
        .optional_floats("cvar_tail_probability", tails().map(|tail| tail.map(|(alpha, _)| alpha)))
        .optional_floats("cvar_weight", tails().map(|tail| tail.map(|(_, lambda)| lambda)))
        .optional_ids("correlation_profile_index", (0..stages.len()).map(profile))
        .indices("n_openings", (0..stages.len()).map(|stage| case.study.openings.n_openings(stage)))
}

/// Blocks, stage by stage.
pub(super) fn blocks(case: &Case) -> Frame {
    let stages = case.study.system.stages().iter();
    let rows: Vec<_> =
        stages.flat_map(|stage| stage.blocks.iter().enumerate().map(move |block| (stage, block))).collect();
    Frame::default()
        .ids("stage_id", rows.iter().map(|(stage, _)| stage.id))
        .indices("block_id", rows.iter().map(|(_, (block, _))| *block))
        .texts("name", rows.iter().map(|(_, (_, block))| &block.name))
        .floats("hours", rows.iter().map(|(_, (_, block))| block.hours))
}

/// Seasons of the inflow model.
pub(super) fn seasons(case: &Case) -> Frame {
    Frame::default()
        .indices("season_id", case.seasons.iter().map(|season| season.id))
        .texts("label", case.seasons.iter().map(|season| &season.label))
        .ids("month", case.seasons.iter().map(|season| season.month as i32))
}

/// What the reader should know about the case.
pub(super) fn findings(case: &Case) -> Frame {
    let severity = |severity| match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    Frame::default()
        .texts("severity", case.warnings.iter().map(|finding| severity(finding.severity)))
        .texts("code", case.warnings.iter().map(|finding| finding.code))
        .texts("file", case.warnings.iter().map(|finding| &finding.file))
        .optional_texts(
            "pointer",
            case.warnings.iter().map(|finding| Some(&finding.pointer).filter(|at| !at.is_empty())),
        )
        .texts("message", case.warnings.iter().map(|finding| &finding.message))
        .optional_texts("hint", case.warnings.iter().map(|finding| finding.hint.as_ref()))
}
