use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::component::{StateComponent, StateKind};
use super::envelope::{
    POLICY_FORMAT_VERSION, builder, doubles, finish, inconsistent, table, tables, unknown_version, version,
};
use super::file::PolicyFile;
use super::generated::cobre::policy as fb;
use crate::output::OutputError;

/// Why a policy was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyStatus {
    /// Training went on after it.
    Checkpoint,
    /// Training ended with it.
    Final,
}

/// A stage of the calendar a policy was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyStage {
    /// Label in the case.
    pub id: i32,
    /// Node of the policy graph; on a chain of stages the position of the stage.
    pub node_id: i32,
    /// First day, in days since 1970-01-01.
    pub start_day: Option<i32>,
    /// Day after the last day, in days since 1970-01-01.
    pub end_day: Option<i32>,
    /// Position in the cycle of the inflow model.
    pub season: Option<u32>,
}

/// Another file of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyPart {
    /// Path from the folder of the policy, `/` between folders.
    pub path: String,
    /// Size (bytes).
    pub bytes: u64,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
}

/// A file of a training table that belongs to the iterations of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TablePart {
    /// Qualified name of the table, e.g. `training/convergence`.
    pub table: String,
    /// Path from the output root, `/` between folders.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Size (bytes).
    pub bytes: u64,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
}

/// What a policy is and which files it consists of: the file `policy.bin`. Written last; without it there is no
/// policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolicyManifest {
    /// Why it was written.
    pub status: PolicyStatus,
    /// Version of the engine that wrote it.
    pub engine_version: String,
    /// UTC, RFC 3339.
    pub created_at: String,
    /// Checksum of the case.
    pub case_hash: String,
    /// Checksum of what decides the bits of training.
    pub study_hash: String,
    /// Identity of the run that wrote it.
    pub run_id: String,
    /// Trajectories per forward pass.
    pub forward_passes: u32,
    /// Seeds by name, e.g. `tree`, `forward`.
    pub seeds: BTreeMap<String, u64>,
    /// Divisor of all costs inside the solver. What is stored is in currency, not divided.
    pub cost_scale_factor: f64,
    /// Clock of training, over all its sessions (s).
    pub elapsed_seconds: f64,
    /// Lower bound after every iteration ($).
    pub lower_bounds: Vec<f64>,
    /// Mean discounted cost of the last forward pass ($).
    pub upper_bound_mean: f64,
    /// Sample standard deviation of those costs ($); none for a single trajectory.
    pub upper_bound_std: Option<f64>,
    /// The state vector; coefficients and trial points are in this order.
    pub components: Vec<StateComponent>,
    /// The stages in order.
    pub stages: Vec<PolicyStage>,
    /// Every other file of the policy.
    pub parts: Vec<PolicyPart>,
    /// Training tables up to this iteration.
    pub training_parts: Vec<TablePart>,
    /// Options of the run, for people; nothing here is needed to use the policy.
    pub options: BTreeMap<String, serde_json::Value>,
}

impl PolicyManifest {
    /// Iterations done.
    pub fn iteration(&self) -> u32 {
        self.lower_bounds.len() as u32
    }

    /// The part with this path.
    pub fn part(&self, file: PolicyFile) -> Option<&PolicyPart> {
        let path = file.path();
        self.parts.iter().find(|part| part.path == path)
    }

    fn check(&self, path: &Path) -> Result<(), OutputError> {
        let mut identities = BTreeSet::new();
        for component in &self.components {
            if !identities.insert(component.identity()) {
                return Err(inconsistent(path, format!("{component} is a component twice")));
            }
        }
        let mut paths = BTreeSet::new();
        for part in &self.parts {
            check_file(path, &part.path, &part.sha256)?;
            if !paths.insert(part.path.as_str()) {
                return Err(inconsistent(path, format!("{} is a part twice", part.path)));
            }
        }
        for part in &self.training_parts {
            check_file(path, &part.path, &part.sha256)?;
        }
        Ok(())
    }
}

/// Refuses a path that leads elsewhere than below its root, and a checksum that is none.
fn check_file(path: &Path, part: &str, sha256: &str) -> Result<(), OutputError> {
    let stays_below = part.split('/').all(|name| !matches!(name, "" | "." | "..")) && !part.contains(['\\', '\0']);
    if !stays_below {
        return Err(inconsistent(path, format!("{part:?} is no relative path of a file")));
    }
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if sha256.len() != 64 || !sha256.bytes().all(is_digit) {
        return Err(inconsistent(path, format!("the checksum of {part} is no SHA-256: {sha256:?}")));
    }
    Ok(())
}

/// The file `policy.bin`; equal manifests give equal bytes. Never compressed: it is what a policy is known by.
///
/// # Errors
/// [`OutputError::SerializationError`] when a component or a part is named twice, a path leaves its root, a checksum
/// is none, or the file would exceed 2 GiB.
pub fn encode_manifest(manifest: &PolicyManifest) -> Result<Vec<u8>, OutputError> {
    let file = PolicyFile::Manifest;
    let path = file.path();
    manifest.check(Path::new(&path))?;
    let options = serde_json::to_string(&manifest.options)
        .map_err(|error| OutputError::serialization(Path::new(&path), format!("the options are no JSON: {error}")))?;
    let mut b = builder(file, n_bytes(manifest) + options.len())?;

    let seeds: Vec<_> = manifest
        .seeds
        .iter()
        .map(|(name, &value)| {
            let name = Some(b.create_string(name));
            fb::Seed::create(&mut b, &fb::SeedArgs { name, value })
        })
        .collect();
    let components: Vec<_> = manifest
        .components
        .iter()
        .map(|component| {
            let args = fb::StateComponentArgs {
                kind: match component.kind {
                    StateKind::Storage => fb::StateKind::Storage,
                    StateKind::InflowLag => fb::StateKind::InflowLag,
                },
                entity_id: component.entity_id,
                entity_name: Some(b.create_string(&component.entity_name)),
                lag: component.lag,
                unit: Some(b.create_string(&component.unit)),
            };
            fb::StateComponent::create(&mut b, &args)
        })
        .collect();
    let stages: Vec<_> = manifest
        .stages
        .iter()
        .map(|stage| {
            let PolicyStage { id, node_id, start_day, end_day, season } = *stage;
            fb::Stage::create(&mut b, &fb::StageArgs { id, node_id, start_day, end_day, season })
        })
        .collect();
    let parts: Vec<_> = manifest
        .parts
        .iter()
        .map(|part| {
            let path = Some(b.create_string(&part.path));
            let sha256 = Some(b.create_string(&part.sha256));
            fb::Part::create(&mut b, &fb::PartArgs { path, bytes: part.bytes, sha256 })
        })
        .collect();
    let training_parts: Vec<_> = manifest
        .training_parts
        .iter()
        .map(|part| {
            let args = fb::TablePartArgs {
                table: Some(b.create_string(&part.table)),
                path: Some(b.create_string(&part.path)),
                rows: part.rows,
                bytes: part.bytes,
                sha256: Some(b.create_string(&part.sha256)),
            };
            fb::TablePart::create(&mut b, &args)
        })
        .collect();
    let args = fb::PolicyArgs {
        format_version: POLICY_FORMAT_VERSION,
        status: match manifest.status {
            PolicyStatus::Checkpoint => fb::PolicyStatus::Checkpoint,
            PolicyStatus::Final => fb::PolicyStatus::Final,
        },
        engine_version: Some(b.create_string(&manifest.engine_version)),
        created_at: Some(b.create_string(&manifest.created_at)),
        case_hash: Some(b.create_string(&manifest.case_hash)),
        study_hash: Some(b.create_string(&manifest.study_hash)),
        run_id: Some(b.create_string(&manifest.run_id)),
        iteration: manifest.iteration(),
        forward_passes: manifest.forward_passes,
        seeds: Some(b.create_vector(&seeds)),
        cost_scale_factor: Some(manifest.cost_scale_factor),
        elapsed_seconds: Some(manifest.elapsed_seconds),
        lower_bounds: Some(b.create_vector(&manifest.lower_bounds)),
        upper_bound_mean: Some(manifest.upper_bound_mean),
        upper_bound_std: manifest.upper_bound_std,
        components: Some(b.create_vector(&components)),
        stages: Some(b.create_vector(&stages)),
        parts: Some(b.create_vector(&parts)),
        training_parts: Some(b.create_vector(&training_parts)),
        options_json: Some(b.create_string(&options)),
    };
    let root = fb::Policy::create(&mut b, &args);
    finish(b, root, file, false)
}

/// Bytes of a manifest without its options, generously: the tables' own words are counted per entry.
fn n_bytes(manifest: &PolicyManifest) -> usize {
    const ENTRY: usize = 96;
    let components: usize = manifest.components.iter().map(|c| ENTRY + c.entity_name.len() + c.unit.len()).sum();
    let parts: usize = manifest.parts.iter().map(|part| ENTRY + part.path.len() + part.sha256.len()).sum();
    let tables = manifest.training_parts.iter();
    let tables: usize = tables.map(|part| ENTRY + part.table.len() + part.path.len() + part.sha256.len()).sum();
    let seeds: usize = manifest.seeds.keys().map(|name| ENTRY + name.len()).sum();
    let texts = [&manifest.engine_version, &manifest.created_at, &manifest.case_hash, &manifest.study_hash];
    let texts: usize = texts.into_iter().map(String::len).sum::<usize>() + manifest.run_id.len();
    components + parts + tables + seeds + texts + ENTRY * manifest.stages.len() + 8 * manifest.lower_bounds.len()
}

/// Reads a file `policy.bin` of any version. `path` is what messages name.
///
/// # Errors
/// [`OutputError::SerializationError`] when the content is another file, of a later version, or damaged.
pub fn decode_manifest(content: &[u8], path: &Path) -> Result<PolicyManifest, OutputError> {
    match version(content, PolicyFile::Manifest, path)? {
        1 => decode_version_1(content, path),
        other => Err(unknown_version(other, path)),
    }
}

fn decode_version_1(content: &[u8], path: &Path) -> Result<PolicyManifest, OutputError> {
    let stored = table::<fb::Policy<'_>>(content, path)?;
    let status = match stored.status() {
        fb::PolicyStatus::Checkpoint => PolicyStatus::Checkpoint,
        fb::PolicyStatus::Final => PolicyStatus::Final,
        other => return Err(inconsistent(path, format!("status {} found, 0 or 1 expected", other.0))),
    };
    let mut seeds = BTreeMap::new();
    for seed in tables(stored.seeds()) {
        if seeds.insert(seed.name().to_owned(), seed.value()).is_some() {
            return Err(inconsistent(path, format!("the seed {:?} is named twice", seed.name())));
        }
    }
    let mut components = Vec::with_capacity(stored.components().len());
    for component in tables(stored.components()) {
        let kind = match component.kind() {
            fb::StateKind::Storage => StateKind::Storage,
            fb::StateKind::InflowLag => StateKind::InflowLag,
            other => return Err(inconsistent(path, format!("kind of state {} found, 0 or 1 expected", other.0))),
        };
        components.push(StateComponent {
            kind,
            entity_id: component.entity_id(),
            entity_name: component.entity_name().to_owned(),
            lag: component.lag(),
            unit: component.unit().to_owned(),
        });
    }
    let number = |name: &str, value: Option<f64>| value.ok_or_else(|| inconsistent(path, format!("{name} is missing")));
    let options = serde_json::from_str(stored.options_json())
        .map_err(|error| inconsistent(path, format!("the options are no JSON object: {error}")))?;
    let manifest = PolicyManifest {
        status,
        engine_version: stored.engine_version().to_owned(),
        created_at: stored.created_at().to_owned(),
        case_hash: stored.case_hash().to_owned(),
        study_hash: stored.study_hash().to_owned(),
        run_id: stored.run_id().to_owned(),
        forward_passes: stored.forward_passes(),
        seeds,
        cost_scale_factor: number("cost_scale_factor", stored.cost_scale_factor())?,
        elapsed_seconds: number("elapsed_seconds", stored.elapsed_seconds())?,
        lower_bounds: doubles(stored.lower_bounds()),
        upper_bound_mean: number("upper_bound_mean", stored.upper_bound_mean())?,
        upper_bound_std: stored.upper_bound_std(),
        components,
        stages: tables(stored.stages())
            .map(|stage| PolicyStage {
                id: stage.id(),
                node_id: stage.node_id(),
                start_day: stage.start_day(),
                end_day: stage.end_day(),
                season: stage.season(),
            })
            .collect(),
        parts: tables(stored.parts())
            .map(|part| PolicyPart {
                path: part.path().to_owned(),
                bytes: part.bytes(),
                sha256: part.sha256().to_owned(),
            })
            .collect(),
        training_parts: tables(stored.training_parts())
            .map(|part| TablePart {
                table: part.table().to_owned(),
                path: part.path().to_owned(),
                rows: part.rows(),
                bytes: part.bytes(),
                sha256: part.sha256().to_owned(),
            })
            .collect(),
        options,
    };
    if stored.iteration() != manifest.iteration() {
        let n_bounds = manifest.iteration();
        return Err(inconsistent(path, format!("{n_bounds} lower bounds at iteration {}", stored.iteration())));
    }
    manifest.check(path)?;
    Ok(manifest)
}
