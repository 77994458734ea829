//! `stages.json`: the calendar of the study.

use std::collections::BTreeMap;

use cobre_engine::risk::RiskMeasure;
use cobre_engine::stochastic::OpeningMethod;
use cobre_engine::system::{Block, Stage};

use super::cursor::{Node, Object};
use super::date::Date;
use super::finding::{Place, Report};
use super::graph::Rates;
use super::json::Json;
use super::keys::stages as keys;
use super::range::Range;
use super::seasons::{self, Declared, Seasons};

/// Most openings of a stage.
const MAX_OPENINGS: i64 = 1_000_000;

/// A study stage and how its openings are sampled.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StudyStage {
    pub(super) stage: Stage,
    pub(super) start: Date,
    pub(super) end: Date,
    pub(super) n_openings: usize,
    pub(super) method: OpeningMethod,
    /// Whether the lags are declared part of the state.
    pub(super) inflow_lags: bool,
    pub(super) place: Place,
}

/// A stage before the study.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PreStudyStage {
    pub(super) id: i32,
    pub(super) season: Option<usize>,
}

/// The stages of a case, by id.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stages {
    pub(super) study: Vec<StudyStage>,
    pub(super) pre_study: Vec<PreStudyStage>,
    pub(super) seasons: Declared,
    positions: BTreeMap<i32, usize>,
}

impl Stages {
    /// Reads the stages; `None` when an error leaves no calendar to check the other files against.
    pub(super) fn read(json: &Json, report: &Report) -> Option<Self> {
        let errors = report.n_errors();
        let root = Node::root(json, keys::ROOT.file, report).object(&keys::ROOT)?;
        let seasons = Declared::read(root.optional("season_definitions").as_ref(), report);
        let mut study = Vec::new();
        let items = root.items("stages");
        for item in &items {
            study.extend(read_stage(item, seasons.seasons(), report));
        }
        if items.is_empty() && report.n_errors() == errors {
            report.error("stages.none", root.place(), "a study needs at least one stage");
        }
        let mut pre_study = Vec::new();
        for item in root.optional_items("pre_study_stages") {
            pre_study.extend(read_pre_study_stage(&item, seasons.seasons(), report));
        }
        study.sort_by_key(|stage| stage.stage.id);
        pre_study.sort_by_key(|stage: &PreStudyStage| stage.id);
        check_ids(&study, &pre_study, report);
        check_calendar(&study, report);
        let rates = Rates::read(&root, &study, report.n_errors() == errors);
        if report.n_errors() > errors || study.is_empty() {
            return None;
        }
        for (t, stage) in study.iter_mut().enumerate() {
            let days = f64::from(stage.end.day() - stage.start.day());
            stage.stage.discount_factor = (1.0 + rates.of_stage(t)).powf(-days / 365.25);
        }
        let positions = study.iter().enumerate().map(|(t, stage)| (stage.stage.id, t)).collect();
        Some(Self { study, pre_study, seasons, positions })
    }

    /// Number of study stages.
    pub(super) fn len(&self) -> usize {
        self.study.len()
    }

    /// Position of the study stage with this id.
    pub(super) fn position(&self, id: i32) -> Option<usize> {
        self.positions.get(&id).copied()
    }

    /// Number of blocks of the study stage at a position.
    pub(super) fn n_blocks(&self, t: usize) -> usize {
        self.study[t].stage.blocks.len()
    }

    /// Label of the study stage at a position.
    pub(super) fn id(&self, t: usize) -> i32 {
        self.study[t].stage.id
    }

    /// Whether there is a (study or earlier) stage with this id.
    pub(super) fn has(&self, id: i32) -> bool {
        self.positions.contains_key(&id) || self.pre_study.iter().any(|stage| stage.id == id)
    }

    /// Season of the (study or earlier) stage with this id.
    pub(super) fn season_of(&self, id: i32) -> Option<usize> {
        let earlier = || self.pre_study.iter().find(|stage| stage.id == id).and_then(|stage| stage.season);
        self.position(id).map_or_else(earlier, |t| self.study[t].stage.season)
    }
}

/// Dates of a stage, checked.
fn read_dates(stage: &Object) -> Option<(Date, Date)> {
    let start = stage.required("start_date").and_then(|node| node.date());
    let end = stage.required("end_date").and_then(|node| node.date());
    let (start, end) = (start?, end?);
    if end <= start {
        stage.report().error(
            "stages.dates",
            stage.place(),
            format!("the stage ends on {end}, not after its start {start}"),
        );
        return None;
    }
    Some((start, end))
}

fn read_season(stage: &Object, start: Option<Date>, seasons: Option<&Seasons>, report: &Report) -> Option<usize> {
    let node = stage.optional("season_id");
    let declared = node.and_then(|node| Some((node.integer(0, 10_000)? as usize, node)));
    seasons::resolve(declared, start?, seasons?, report)
}

fn read_pre_study_stage(item: &Node, seasons: Option<&Seasons>, report: &Report) -> Option<PreStudyStage> {
    let stage = item.object(&keys::PRE_STUDY_STAGE)?;
    let id = stage.required("id").and_then(|node| node.integer(i64::from(i32::MIN), -1));
    let start = read_dates(&stage).map(|dates| dates.0);
    let season = read_season(&stage, start, seasons, report);
    Some(PreStudyStage { id: id? as i32, season })
}

fn read_stage(item: &Node, seasons: Option<&Seasons>, report: &Report) -> Option<StudyStage> {
    let stage = item.object(&keys::STAGE)?;
    let id = stage.required("id").and_then(|node| node.integer(0, i64::from(i32::MAX)));
    let dates = read_dates(&stage);
    let season = read_season(&stage, dates.map(|dates| dates.0), seasons, report);
    let blocks = read_blocks(&stage);
    if let Some(mode) = stage.optional("block_mode")
        && mode.choice(&[("parallel", true), ("chronological", false)]) == Some(false)
    {
        mode.unsupported("unsupported.chronological_blocks");
    }
    let mut inflow_lags = false;
    if let Some(variables) = stage.optional("state_variables").and_then(|node| node.object(&keys::STATE_VARIABLES)) {
        if let Some(storage) = variables.optional("storage")
            && storage.flag() == Some(false)
        {
            storage.unsupported("unsupported.storage_not_in_state");
        }
        inflow_lags = variables.optional("inflow_lags").and_then(|node| node.flag()).unwrap_or(false);
    }
    let risk_measure = match stage.optional("risk_measure") {
        None => Some(RiskMeasure::Expectation),
        Some(node) => read_risk_measure(&node),
    };
    let n_openings = stage.required("num_openings").and_then(|node| node.integer(1, MAX_OPENINGS));
    let method = match stage.optional("sampling_method") {
        None => Some(OpeningMethod::Saa),
        Some(node) => read_method(&node),
    };
    let (start, end) = dates?;
    let stage = Stage {
        id: id? as i32,
        start_day: start.day(),
        end_day: end.day(),
        season,
        blocks: blocks?,
        discount_factor: 1.0,
        risk_measure: risk_measure?,
    };
    let place = item.place().clone();
    Some(StudyStage { stage, start, end, n_openings: n_openings? as usize, method: method?, inflow_lags, place })
}

fn read_blocks(stage: &Object) -> Option<Vec<Block>> {
    let node = stage.required("blocks")?;
    let items = node.items()?;
    if items.is_empty() {
        node.invalid("semantic.5b.52", "a stage needs at least one block");
        return None;
    }
    let mut blocks = Vec::with_capacity(items.len());
    for item in &items {
        let block = item.object(&keys::BLOCK)?;
        let id = block.required("id").and_then(|node| node.integer(0, i64::from(i32::MAX)));
        let name = block.required("name").and_then(|node| node.text());
        let hours = block.required("hours").and_then(|node| {
            let hours = node.number(Range::FINITE)?;
            if hours <= 0.0 {
                node.invalid("semantic.5b.52", "the hours of a block must be above 0");
            }
            (hours > 0.0).then_some(hours)
        });
        blocks.push((id?, Block { name: name?.to_owned(), hours: hours? }));
    }
    blocks.sort_by_key(|block| block.0);
    if blocks.iter().enumerate().any(|(k, block)| block.0 != k as i64) {
        let message = format!("the ids of the blocks must be 0 to {}, each once", blocks.len() - 1);
        stage.report().error("stages.block_ids", node.place(), message);
        return None;
    }
    Some(blocks.into_iter().map(|block| block.1).collect())
}

fn read_risk_measure(node: &Node) -> Option<RiskMeasure> {
    if let Some(text) = node.as_text() {
        if text.eq_ignore_ascii_case("expectation") {
            return Some(RiskMeasure::Expectation);
        }
        node.invalid("schema.unknown_value", "expected \"expectation\" or {\"cvar\": {\"alpha\": …, \"lambda\": …}}");
        return None;
    }
    let cvar = node.object(&keys::RISK_MEASURE)?.required("cvar")?.object(&keys::CVAR)?;
    let alpha = cvar.number("alpha", Range::above(0.0, 1.0));
    let lambda = cvar.number("lambda", Range::SHARE);
    Some(RiskMeasure::Cvar { alpha: alpha?, lambda: lambda? })
}

fn read_method(node: &Node) -> Option<OpeningMethod> {
    let method = node.choice(&[
        ("saa", Some(OpeningMethod::Saa)),
        ("lhs", Some(OpeningMethod::Lhs)),
        ("qmc_sobol", None),
        ("qmc_halton", None),
        ("selective", None),
        ("historical_residuals", None),
    ])?;
    if method.is_none() {
        node.unsupported("unsupported.sampling_method");
    }
    method
}

fn check_ids(study: &[StudyStage], pre_study: &[PreStudyStage], report: &Report) {
    for pair in study.windows(2) {
        if pair[0].stage.id == pair[1].stage.id {
            let message = format!("stage {} is declared twice", pair[1].stage.id);
            report.error("referential.duplicate_id", &pair[1].place, message);
        }
    }
    for pair in pre_study.windows(2) {
        if pair[0].id == pair[1].id {
            let place = Place::file(keys::ROOT.file).member("pre_study_stages");
            report.error("referential.duplicate_id", &place, format!("stage {} is declared twice", pair[1].id));
        }
    }
}

fn check_calendar(study: &[StudyStage], report: &Report) {
    for pair in study.windows(2) {
        let (earlier, later) = (&pair[0], &pair[1]);
        if later.start < earlier.end {
            let message =
                format!("starts on {}, before stage {} ends on {}", later.start, earlier.stage.id, earlier.end);
            report.error("stages.overlap", &later.place, message);
        } else if later.start > earlier.end {
            let message = format!("starts on {}, stage {} ends on {}", later.start, earlier.stage.id, earlier.end);
            report.warning("stages.gap", &later.place, message);
        }
    }
}
