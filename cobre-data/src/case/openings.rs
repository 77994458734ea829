//! The opening tree: drawn from a seed, or read from `scenarios/noise_openings.parquet`.

use cobre_engine::stochastic::{Correlation, OpeningTree};

use super::config::OpeningsSource;
use super::files::CaseFiles;
use super::finding::{Finding, Place, Report};
use super::overrides::stage_position;
use super::stages::Stages;
use super::table::{Input, Table};
use super::tables::NOISE_OPENINGS;

/// Most noise values of a tree (2 GiB of them).
const MAX_VALUES: usize = 1 << 28;

/// Builds the tree of a noise vector of `dimension` components.
pub(super) fn build(
    files: &CaseFiles,
    source: OpeningsSource,
    seed: u64,
    dimension: usize,
    correlation: &Correlation,
    stages: &Stages,
    report: &Report,
) -> Option<OpeningTree> {
    let sizes = stages.study.iter().map(|stage| stage.n_openings.saturating_mul(dimension));
    let n_values = sizes.fold(0, usize::saturating_add);
    if n_values > MAX_VALUES {
        let message = format!("the openings need more than {MAX_VALUES} noise values");
        let finding = Finding::error("openings.too_many", &Place::file("stages.json").member("stages"), message);
        report.push(finding.value(n_values).hint("lower num_openings"));
        return None;
    }
    let tree = match source {
        OpeningsSource::File => OpeningTree::from_values(dimension, read_values(files, dimension, stages, report)?),
        OpeningsSource::Generated => {
            let stages: Vec<_> =
                stages.study.iter().map(|stage| (stage.stage.id, stage.n_openings, stage.method)).collect();
            OpeningTree::generate(seed, dimension, &stages, correlation)
        }
    };
    tree.map_err(|error| report.error("openings.tree", &Place::file("stages.json"), error.to_string())).ok()
}

/// Notes a file of openings that the configuration does not ask for.
pub(super) fn warn_if_unused(files: &CaseFiles, source: OpeningsSource, report: &Report) {
    if source == OpeningsSource::Generated && files.bytes(NOISE_OPENINGS.file).is_some() {
        let message = "the file is not read: the openings are generated";
        let finding = Finding::warning("structural.unused_file", &Place::file(NOISE_OPENINGS.file), message);
        report.push(finding.hint("set training.scenario_source.openings to {\"source\": \"file\"}"));
    }
}

fn read_values(files: &CaseFiles, dimension: usize, stages: &Stages, report: &Report) -> Option<Vec<Vec<f64>>> {
    let place = Place::file(NOISE_OPENINGS.file);
    let table = match Table::read(files, &NOISE_OPENINGS, report) {
        Input::Read(table) => table,
        Input::Broken => return None,
        Input::Absent if dimension == 0 => return Some(vec![Vec::new(); stages.len()]),
        Input::Absent => {
            report.error("openings.missing", &place, "the openings come from this file, which is missing or empty");
            return None;
        }
    };
    if !is_complete(&table, dimension, stages, report) {
        return None;
    }
    let errors = report.n_errors();
    let sizes = stages.study.iter().map(|stage| stage.n_openings * dimension);
    let mut values: Vec<Vec<Option<f64>>> = sizes.map(|size| vec![None; size]).collect();
    let (openings, entities) = (table.indices("opening_index"), table.indices("entity_index"));
    for row in 0..table.n_rows() {
        let (Some(stage), Some(opening), Some(entity)) = (table.ids("stage_id")[row], openings[row], entities[row])
        else {
            continue;
        };
        let Some(t) = stage_position(stages, stage, &table, row, report) else { continue };
        let n_openings = stages.study[t].n_openings;
        if opening as usize >= n_openings || entity as usize >= dimension {
            let message = format!(
                "stage {stage} has {n_openings} openings and the noise {dimension} components; this is opening \
                 {opening}, component {entity}"
            );
            report.error("openings.shape", &table.place(row, "opening_index"), message);
            return None;
        }
        let slot = &mut values[t][opening as usize * dimension + entity as usize];
        if slot.is_some() {
            let message = format!("stage {stage}, opening {opening}, component {entity} is given twice");
            report.error("openings.duplicate", &table.place(row, "value"), message);
            return None;
        }
        *slot = table.numbers("value")[row];
    }
    if report.n_errors() > errors {
        return None;
    }
    Some(values.into_iter().map(|stage| stage.into_iter().flatten().collect()).collect())
}

/// Whether every stage has as many rows as its openings have components; nothing is allocated for them before.
fn is_complete(table: &Table, dimension: usize, stages: &Stages, report: &Report) -> bool {
    let mut counts = vec![0usize; stages.len()];
    for t in table.ids("stage_id").iter().flatten().filter_map(|&id| stages.position(id)) {
        counts[t] += 1;
    }
    let mut is_complete = true;
    for (t, found) in counts.into_iter().enumerate() {
        let expected = stages.study[t].n_openings * dimension;
        if found < expected {
            let message = format!("stage {} has {found} of {expected} noise values", stages.id(t));
            report.error("openings.incomplete", &Place::file(NOISE_OPENINGS.file), message);
            is_complete = false;
        }
    }
    is_complete
}
