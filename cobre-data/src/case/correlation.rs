//! `scenarios/correlation.json`: spatial correlation of the noise.

use std::collections::{BTreeMap, BTreeSet};

use cobre_engine::stochastic::{Correlation, CorrelationGroup};

use super::buses::BusData;
use super::cursor::{Node, Object};
use super::files::CaseFiles;
use super::finding::{Finding, Report};
use super::hydros::HydroData;
use super::keys::scenarios as keys;
use super::range::Range;
use super::registry::Registry;
use super::stages::Stages;

const SYMMETRY_TOLERANCE: f64 = 1e-10;
/// How far below 0 an eigenvalue may lie, by rounding of the entries.
const DEFINITE_TOLERANCE: f64 = 1e-6;
/// The profile of stages that the schedule does not name.
const DEFAULT_PROFILE: &str = "default";

/// Who owns which component of the noise vector.
pub(super) struct Components<'a> {
    pub(super) hydros: &'a Registry<HydroData>,
    pub(super) buses: &'a Registry<BusData>,
    /// Component of a bus with stochastic demand, by bus id.
    pub(super) loads: BTreeMap<i32, usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Inflow,
    Load,
    Source,
}

/// Reads the correlation; independent noise when there is no file.
pub(super) fn read(files: &CaseFiles, components: &Components, stages: &Stages, report: &Report) -> Correlation {
    let independent = Correlation { profiles: Vec::new(), stage_profile: vec![None; stages.len()] };
    let file = keys::CORRELATION_ROOT.file;
    let Some(json) = files.json(file, report) else {
        return independent;
    };
    let Some(root) = Node::root(&json, file, report).object(&keys::CORRELATION_ROOT) else {
        return independent;
    };
    if let Some(method) = root.required("method") {
        method.choice(&[("spectral", ())]);
    }
    let mut names = Vec::new();
    let mut profiles = Vec::new();
    for (name, node) in root.required("profiles").and_then(|node| node.entries()).unwrap_or_default() {
        names.push(name);
        profiles
            .push(node.object(&keys::PROFILE).map(|profile| read_profile(&profile, components)).unwrap_or_default());
    }
    let scheduled = read_schedule(&root, &names, stages);
    let default = names.iter().position(|&name| name == DEFAULT_PROFILE).or((names.len() == 1).then_some(0));
    let unnamed = (0..stages.len()).find(|t| !scheduled.contains_key(t));
    if let Some(t) = unnamed
        && default.is_none()
        && !names.is_empty()
    {
        let message = format!("stage {} has no profile: the schedule does not name it", stages.id(t));
        let finding = Finding::error("correlation.no_default", &root.place().member("profiles"), message);
        report.push(finding.hint("name the stage in schedule, or name a profile \"default\""));
    }
    let stage_profile = (0..stages.len()).map(|t| scheduled.get(&t).copied().or(default)).collect();
    Correlation { profiles, stage_profile }
}

fn read_schedule(root: &Object, names: &[&str], stages: &Stages) -> BTreeMap<usize, usize> {
    let mut scheduled = BTreeMap::new();
    for item in root.optional_items("schedule") {
        let Some(entry) = item.object(&keys::SCHEDULE) else { continue };
        let (stage, name) = (entry.required("stage_id"), entry.required("profile_name"));
        let t = stage.and_then(|node| {
            let position = stages.position(node.id()?);
            if position.is_none() {
                node.invalid("semantic.5a.49", "no study stage has this id");
            }
            position
        });
        let profile = name.and_then(|node| {
            let text = node.text()?;
            let position = names.iter().position(|&name| name == text);
            if position.is_none() {
                node.invalid("dimensional.5", format!("no profile has this name; there are {}", names.join(", ")));
            }
            position
        });
        if let (Some(t), Some(profile)) = (t, profile)
            && scheduled.insert(t, profile).is_some()
        {
            item.invalid("referential.duplicate_row", "the stage is scheduled twice");
        }
    }
    scheduled
}

fn read_profile(profile: &Object, components: &Components) -> Vec<CorrelationGroup> {
    let mut taken = BTreeSet::new();
    let mut groups = Vec::new();
    for item in profile.items("correlation_groups") {
        let Some(group) = item.object(&keys::GROUP) else { continue };
        if let Some(name) = group.required("name") {
            name.text();
        }
        let members = read_members(&group, components, &mut taken);
        let Some(matrix) = group.required("matrix") else { continue };
        let Some(entries) = read_matrix(&matrix) else { continue };
        let Some(members) = members else { continue };
        if entries.len() != members.len() {
            let message = format!("{} rows for {} entities", entries.len(), members.len());
            matrix.invalid("dimensional.3", message);
            continue;
        }
        // Demand without deviation has no noise: its rows and columns drop out.
        let kept: Vec<usize> = (0..members.len()).filter(|&i| members[i].is_some()).collect();
        let entry = |&i: &usize| kept.iter().map(|&j| entries[i][j]).collect::<Vec<_>>();
        groups.push(CorrelationGroup {
            components: members.iter().copied().flatten().collect(),
            matrix: kept.iter().flat_map(entry).collect(),
        });
    }
    groups
}

/// The component of every entity of a group, none for demand without noise.
fn read_members(
    group: &Object,
    components: &Components,
    taken: &mut BTreeSet<(u8, i32)>,
) -> Option<Vec<Option<usize>>> {
    let mut members = Vec::new();
    let mut classes = Vec::new();
    let mut holds = true;
    for item in group.items("entities") {
        let entity = item.object(&keys::ENTITY)?;
        let kind = entity.required("type")?;
        let class = kind.choice(&[("inflow", Class::Inflow), ("load", Class::Load), ("ncs", Class::Source)])?;
        let id = entity.id("id")?;
        let place = item.place().member("id");
        let report = group.report();
        let component = match class {
            Class::Source => {
                kind.unsupported("unsupported.non_controllable_sources");
                return None;
            }
            Class::Inflow => {
                holds &= components.hydros.check(id, "hydro plant", &place, report);
                components.hydros.position(id)
            }
            Class::Load => {
                holds &= components.buses.check(id, "bus", &place, report);
                let component = components.loads.get(&id).copied();
                if component.is_none() && components.buses.position(id).is_some() {
                    let message = "the demand of the bus has no deviation, so there is nothing to correlate";
                    report.push(Finding::warning("correlation.no_noise", &place, message).value(id));
                }
                component
            }
        };
        if !taken.insert((class as u8, id)) {
            item.invalid("correlation.repeated", "the entity belongs to two groups of the profile, or twice to one");
            holds = false;
        }
        classes.push(class);
        members.push(component);
    }
    if classes.iter().any(|&class| class != classes[0]) {
        group.report().error("correlation.mixed", group.place(), "a group holds entities of one type only");
        holds = false;
    }
    holds.then_some(members)
}

/// The rows of a correlation matrix, checked.
fn read_matrix(node: &Node) -> Option<Vec<Vec<f64>>> {
    let rows = node.items()?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in &rows {
        let items = row.items()?;
        if items.len() != rows.len() {
            row.invalid("dimensional.3", format!("{} entries in a matrix of {} rows", items.len(), rows.len()));
            return None;
        }
        let numbers: Option<Vec<f64>> = items.iter().map(|item| item.number(Range::within(-1.0, 1.0))).collect();
        entries.push(numbers?);
    }
    for i in 0..entries.len() {
        if entries[i][i] != 1.0 {
            node.invalid("correlation.diagonal", format!("entry ({i}, {i}) is {}, not 1", entries[i][i]));
            return None;
        }
        for j in 0..i {
            if (entries[i][j] - entries[j][i]).abs() > SYMMETRY_TOLERANCE {
                let message = format!("entry ({i}, {j}) is {}, its mirror entry {}", entries[i][j], entries[j][i]);
                node.invalid("correlation.symmetry", message);
                return None;
            }
        }
    }
    if !is_positive_semidefinite(&entries) {
        node.invalid("correlation.indefinite", "the matrix is no correlation: it has a negative eigenvalue");
        return None;
    }
    Some(entries)
}

/// Whether the Cholesky factor of the matrix, lifted by the tolerance, exists.
fn is_positive_semidefinite(matrix: &[Vec<f64>]) -> bool {
    let n = matrix.len();
    let mut factor = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
            if i == j {
                let pivot = matrix[i][i] + DEFINITE_TOLERANCE - sum;
                if pivot <= 0.0 {
                    return false;
                }
                factor[i][i] = f64::sqrt(pivot);
            } else {
                factor[i][j] = (matrix[i][j] - sum) / factor[j][j];
            }
        }
    }
    true
}
