use std::collections::BTreeMap;

use cobre_engine::Study;
use cobre_engine::stochastic::{Correlation, CorrelationGroup};
use serde::Serialize;

/// `correlation.json`. Names are made up: the engine knows profiles and groups by their position.
#[derive(Serialize)]
pub(super) struct Document {
    method: &'static str,
    profiles: BTreeMap<String, Profile>,
    schedule: Vec<Scheduled>,
}

#[derive(Serialize)]
struct Profile {
    correlation_groups: Vec<Group>,
}

#[derive(Serialize)]
struct Group {
    name: String,
    entities: Vec<Entity>,
    matrix: Vec<Vec<f64>>,
}

#[derive(Serialize)]
struct Entity {
    #[serde(rename = "type")]
    kind: &'static str,
    id: i32,
}

#[derive(Serialize)]
struct Scheduled {
    stage_id: i32,
    profile_name: String,
}

/// The correlation by labels; none when all noise is independent.
pub(super) fn document(study: &Study, correlation: &Correlation) -> Option<Document> {
    if correlation.profiles.is_empty() {
        return None;
    }
    let owners = owners(study);
    let profile = |groups: &Vec<CorrelationGroup>| Profile {
        correlation_groups: groups.iter().enumerate().map(|(i, group)| describe(i, group, &owners)).collect(),
    };
    // Names whose order is that of the profiles.
    let width = correlation.profiles.len().to_string().len();
    let name = |position: usize| format!("profile_{position:0width$}");
    let stages = study.system.stages().iter().zip(&correlation.stage_profile);
    Some(Document {
        method: "spectral",
        profiles: correlation.profiles.iter().enumerate().map(|(i, groups)| (name(i), profile(groups))).collect(),
        schedule: stages
            .filter_map(|(stage, profile)| Some(Scheduled { stage_id: stage.id, profile_name: name((*profile)?) }))
            .collect(),
    })
}

/// Whom each component of the noise belongs to.
fn owners(study: &Study) -> Vec<(&'static str, i32)> {
    let hydros = study.system.hydros().iter().map(|hydro| ("inflow", hydro.id));
    let buses = study.system.buses().iter().filter(|bus| bus.has_stochastic_load()).map(|bus| ("load", bus.id));
    hydros.chain(buses).collect()
}

fn describe(position: usize, group: &CorrelationGroup, owners: &[(&'static str, i32)]) -> Group {
    let entity = |&component: &usize| Entity { kind: owners[component].0, id: owners[component].1 };
    Group {
        name: format!("group_{position}"),
        entities: group.components.iter().map(entity).collect(),
        matrix: group.matrix.chunks(group.components.len().max(1)).map(<[f64]>::to_vec).collect(),
    }
}
