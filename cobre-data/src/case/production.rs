//! Productivity of hydro plants per stage.

use std::collections::BTreeMap;

use super::cursor::{Node, Object};
use super::files::CaseFiles;
use super::finding::{Finding, Place, Report};
use super::hydros::HydroData;
use super::keys::system as keys;
use super::overrides::stage_position;
use super::range::Range;
use super::registry::Registry;
use super::seasons::Declared;
use super::stages::Stages;
use super::table::{Input, Table};
use super::tables::ENERGY_PRODUCTIVITY;

/// Productivity (MW per m³/s) by (hydro id, stage position).
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Productivities {
    values: BTreeMap<(i32, usize), f64>,
}

impl Productivities {
    /// The productivity of a plant at a stage; 0 where errors left none.
    pub(super) fn of(&self, hydro: i32, t: usize) -> f64 {
        self.values.get(&(hydro, t)).copied().unwrap_or(0.0)
    }

    /// Reads the production models and the table of productivities; exactly one of them must give each value.
    pub(super) fn read(files: &CaseFiles, hydros: &Registry<HydroData>, stages: &Stages, report: &Report) -> Self {
        let errors = report.n_errors();
        let models = read_models(files, hydros, stages, report);
        let table = read_table(files, hydros, stages, report);
        let mut productivities = Self::default();
        let is_whole = report.n_errors() == errors;
        for entity in hydros.entities() {
            for t in 0..stages.len() {
                let from_table = table.get(&(entity.id, Some(t))).or_else(|| table.get(&(entity.id, None)));
                let from_model = models.get(&entity.id).and_then(|model| model.of_stage(t, stages));
                let place = || Place::file(keys::PRODUCTION_ROOT.file);
                let at = || format!("the productivity of plant {} at stage {}", entity.id, stages.id(t));
                match (from_table, from_model) {
                    (Some(_), Some(_)) => {
                        let message = format!("{} is given here and in {}", at(), ENERGY_PRODUCTIVITY.file);
                        report.push(Finding::error("productivity_resolution.1", &place(), message).hint("keep one"));
                        break;
                    }
                    (None, None) if is_whole => {
                        let message = format!("{} is given nowhere", at());
                        let hint = "give productivity_mw_per_m3s in the production model of the plant";
                        report.push(Finding::error("productivity_resolution.2", &place(), message).hint(hint));
                        break;
                    }
                    (None, None) => {}
                    (Some(&value), None) | (None, Some(value)) => {
                        productivities.values.insert((entity.id, t), value);
                    }
                }
            }
        }
        productivities
    }
}

/// Checks the name of a production model; only constant productivity is supported.
pub(super) fn check_model(node: &Node) {
    let codes = [
        ("constant_productivity", None),
        ("linearized_head", Some("unsupported.linearized_head")),
        ("fpha", Some("unsupported.fpha")),
    ];
    if let Some(Some(code)) = node.choice(&codes) {
        node.unsupported(code);
    }
}

/// The production model of a plant.
enum Model {
    /// First stage id, last stage id (included), productivity.
    Ranges(Vec<(i32, Option<i32>, Option<f64>)>),
    /// Productivity by position of the season.
    Seasonal(BTreeMap<usize, Option<f64>>),
}

impl Model {
    fn of_stage(&self, t: usize, stages: &Stages) -> Option<f64> {
        match self {
            Self::Ranges(ranges) => {
                let id = stages.id(t);
                let matches =
                    |range: &&(i32, Option<i32>, Option<f64>)| range.0 <= id && range.1.is_none_or(|end| id <= end);
                ranges.iter().find(matches).and_then(|range| range.2)
            }
            Self::Seasonal(seasons) => seasons.get(&stages.study[t].stage.season?).copied().flatten(),
        }
    }
}

fn read_models(
    files: &CaseFiles,
    hydros: &Registry<HydroData>,
    stages: &Stages,
    report: &Report,
) -> BTreeMap<i32, Model> {
    let mut models = BTreeMap::new();
    let Some(json) = files.json(keys::PRODUCTION_ROOT.file, report) else {
        return models;
    };
    let root = Node::root(&json, keys::PRODUCTION_ROOT.file, report).object(&keys::PRODUCTION_ROOT);
    for item in root.map(|root| root.items("production_models")).unwrap_or_default() {
        let Some(entry) = item.object(&keys::PRODUCTION_MODEL) else { continue };
        let id = entry.id("hydro_id");
        if let Some(id) = id {
            hydros.check(id, "hydro plant", &entry.place().member("hydro_id"), report);
        }
        let mode = entry.required("selection_mode");
        let model = match mode.and_then(|mode| mode.choice(&[("stage_ranges", true), ("seasonal", false)])) {
            None => continue,
            Some(true) => read_ranges(&entry),
            Some(false) => read_seasonal(&entry, stages),
        };
        if let Some(id) = id
            && models.insert(id, model).is_some()
        {
            item.invalid("referential.duplicate_id", format!("plant {id} has more than one production model"));
        }
    }
    models
}

fn refuse_foreign(entry: &Object, foreign: &[&'static str], mode: &str) {
    for &key in foreign {
        if let Some(node) = entry.optional(key) {
            node.invalid("schema.unknown_key", format!("the selection mode {mode} has no key \"{key}\""));
        }
    }
}

fn read_ranges(entry: &Object) -> Model {
    refuse_foreign(entry, &["default_model", "seasons"], "stage_ranges");
    let mut ranges = Vec::new();
    for item in entry.items("stage_ranges") {
        let Some(range) = item.object(&keys::STAGE_RANGE) else { continue };
        let (start, end) = (range.id("start_stage_id"), range.optional_id("end_stage_id"));
        if let Some(model) = range.required("model") {
            check_model(&model);
        }
        let value = range.optional_number("productivity_mw_per_m3s", Range::NOT_NEGATIVE);
        let Some(start) = start else { continue };
        if end.is_some_and(|end| end < start) {
            item.invalid("production.range", "the range ends before it starts");
        }
        ranges.push((start, end, value));
    }
    Model::Ranges(ranges)
}

fn read_seasonal(entry: &Object, stages: &Stages) -> Model {
    refuse_foreign(entry, &["stage_ranges"], "seasonal");
    if let Some(model) = entry.required("default_model") {
        check_model(&model);
    }
    if stages.seasons == Declared::No {
        entry.report().error("production.no_seasons", entry.place(), "stages.json declares no seasons");
    }
    let mut seasons = BTreeMap::new();
    for item in entry.items("seasons") {
        let Some(season) = item.object(&keys::SEASON_MODEL) else { continue };
        let id = season.required("season_id").and_then(|node| node.integer(0, 10_000));
        if let Some(model) = season.required("model") {
            check_model(&model);
        }
        let value = season.optional_number("productivity_mw_per_m3s", Range::NOT_NEGATIVE);
        let (Some(id), Some(declared)) = (id, stages.seasons.seasons()) else { continue };
        match declared.position(id as usize) {
            None => item.invalid("referential.1", format!("no season has the id {id}")),
            Some(position) if seasons.insert(position, value).is_some() => {
                item.invalid("referential.duplicate_id", format!("season {id} is listed twice"));
            }
            Some(_) => {}
        }
    }
    Model::Seasonal(seasons)
}

/// The productivities of the table by (hydro id, stage position or every stage).
fn read_table(
    files: &CaseFiles,
    hydros: &Registry<HydroData>,
    stages: &Stages,
    report: &Report,
) -> BTreeMap<(i32, Option<usize>), f64> {
    let mut values = BTreeMap::new();
    let Input::Read(table) = Table::read(files, &ENERGY_PRODUCTIVITY, report) else {
        return values;
    };
    let productivities = table.numbers("equivalent_productivity_mw_per_m3s");
    for column in ["reference_outflow_m3s", "specific_productivity_mw_per_m3s_per_m"] {
        if table.numbers(column).iter().any(Option::is_some) {
            let place = Place { file: ENERGY_PRODUCTIVITY.file.into(), pointer: format!("column {column}") };
            let message = "the column is accepted and has no effect: no energy conversion is reported";
            report.warning("accepted.no_effect", &place, message);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for row in 0..table.n_rows() {
        let Some(hydro) = table.ids("hydro_id")[row] else { continue };
        hydros.check(hydro, "hydro plant", &table.place(row, "hydro_id"), report);
        let t = match table.ids("stage_id")[row] {
            None => None,
            Some(stage) => match stage_position(stages, stage, &table, row, report) {
                Some(t) => Some(t),
                None => continue,
            },
        };
        if !seen.insert((hydro, t)) {
            let message = format!("plant {hydro} has more than one row for this stage");
            report.error("referential.duplicate_row", &table.place(row, "stage_id"), message);
        }
        if let Some(value) = productivities[row] {
            values.insert((hydro, t), value);
        }
    }
    values
}
