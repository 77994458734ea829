use std::path::Path;

use cobre_engine::Study;
use cobre_engine::cuts::CutPool;
use cobre_engine::sddp::{Policy, TrainingSnapshot, TrainingState};
use cobre_engine::solver::Basis;
use cobre_engine::subproblem::StateLayout;

use super::bases::{StageBases, decode_bases, encode_bases};
use super::calendar::check_calendar;
use super::component::state_components;
use super::cuts::{StageCuts, decode_cuts, encode_cuts};
use super::file::PolicyFile;
use super::manifest::{PolicyManifest, PolicyPart};
use super::manifest_file::{decode_manifest, encode_manifest};
use super::matching::match_components;
use super::stage_key::StageKey;
use super::states::{StageStates, decode_states, encode_states};
use crate::output::OutputError;

/// What the files of a policy hold beside the manifest, borrowed from training.
#[derive(Debug, Clone)]
pub struct PolicyContent<'a> {
    /// Cuts of every stage.
    pub pools: &'a [CutPool],
    /// Bases, `[trajectory][stage]`; empty to leave them out. A resumed training gives the same bits as an
    /// uninterrupted one only with them.
    pub trajectory_bases: Vec<&'a [Option<Basis>]>,
    /// Trial points of every stage; empty to leave them out.
    pub states: &'a [StageStates],
}

impl<'a> PolicyContent<'a> {
    /// What training knows after an iteration, without trial points.
    pub fn of_snapshot(snapshot: &TrainingSnapshot<'a>) -> Self {
        let trajectories = 0..snapshot.n_trajectories();
        Self {
            pools: snapshot.pools(),
            trajectory_bases: trajectories.map(|m| snapshot.trajectory_bases(m)).collect(),
            states: &[],
        }
    }

    /// What a state of training holds, without trial points.
    pub fn of_state(state: &'a TrainingState) -> Self {
        Self {
            pools: &state.policy.pools,
            trajectory_bases: state.trajectory_bases.iter().map(Vec::as_slice).collect(),
            states: &[],
        }
    }
}

/// Makes the files of a policy one after the other, so that only one is in memory, and hands each to `write` with its
/// path from the folder of the policy; `policy.bin` last. The parts of `manifest` are what was written, whatever they
/// were before. `compress`: all but `policy.bin`.
///
/// # Errors
/// Those of `write`; [`OutputError::SerializationError`] when the content does not fit the manifest, or as the
/// `encode_` functions say.
pub fn write_policy(
    manifest: PolicyManifest,
    content: &PolicyContent<'_>,
    compress: bool,
    mut write: impl FnMut(&str, Vec<u8>) -> Result<(), OutputError>,
) -> Result<PolicyManifest, OutputError> {
    check_content(&manifest, content)?;
    let mut parts = Vec::new();
    let mut put = |file: PolicyFile, content: Vec<u8>| {
        parts.push(PolicyPart::new(file, &content));
        write(&file.path(), content)
    };
    for (t, (stage, pool)) in manifest.stages.iter().zip(content.pools).enumerate() {
        let key = StageKey::new(t, stage);
        put(PolicyFile::Cuts(key.stage_index), encode_cuts(&StageCuts::from_pool(t, stage, pool), compress)?)?;
        if !content.trajectory_bases.is_empty() {
            let bases = StageBases::gather(key, &content.trajectory_bases);
            put(PolicyFile::Bases(key.stage_index), encode_bases(&bases, compress)?)?;
        }
        if let Some(states) = content.states.get(t) {
            put(PolicyFile::States(key.stage_index), encode_states(states, compress)?)?;
        }
    }
    let manifest = PolicyManifest { parts, ..manifest };
    write(&PolicyFile::Manifest.path(), encode_manifest(&manifest)?)?;
    Ok(manifest)
}

fn check_content(manifest: &PolicyManifest, content: &PolicyContent<'_>) -> Result<(), OutputError> {
    let path = PolicyFile::Manifest.path();
    let refused = |what: &str, found: usize, expected: usize| {
        Err(OutputError::serialization(Path::new(&path), format!("{what}: {found} found, {expected} expected")))
    };
    let (n_stages, dimension) = (manifest.stages.len(), manifest.components.len());
    if content.pools.len() != n_stages {
        return refused("pools of cuts", content.pools.len(), n_stages);
    }
    if let Some(pool) = content.pools.iter().find(|pool| pool.dimension() != dimension) {
        return refused("components of the state in the cuts", pool.dimension(), dimension);
    }
    if let Some(bases) = content.trajectory_bases.iter().find(|bases| bases.len() != n_stages) {
        return refused("stages with a basis", bases.len(), n_stages);
    }
    let n_trajectories = content.trajectory_bases.len();
    if n_trajectories != 0 && n_trajectories != manifest.forward_passes as usize {
        return refused("trajectories with bases", n_trajectories, manifest.forward_passes as usize);
    }
    if !content.states.is_empty() && content.states.len() != n_stages {
        return refused("stages with trial points", content.states.len(), n_stages);
    }
    let misplaced = |(t, states): (usize, &StageStates)| {
        states.stage != StageKey::new(t, &manifest.stages[t]) || states.dimension != dimension
    };
    match content.states.iter().enumerate().position(misplaced) {
        Some(t) => {
            let message = format!("the trial points at position {t} belong to another stage or state");
            Err(OutputError::serialization(Path::new(&path), message))
        }
        None => Ok(()),
    }
}

/// A policy as it is stored, all files of it, which fit each other.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPolicy {
    /// What it is.
    manifest: PolicyManifest,
    /// Cuts of every stage.
    cuts: Vec<StageCuts>,
    /// Bases of every stage, with one entry per trajectory; empty when it was stored without.
    bases: Vec<StageBases>,
    /// Trial points of every stage; empty when it was stored without.
    states: Vec<StageStates>,
}

impl StoredPolicy {
    /// Reads a policy from its files, each of which must be what the manifest says. `folder` is what messages name;
    /// `load` gives the content of a file by its path from there.
    ///
    /// # Errors
    /// Those of `load`; [`OutputError::ManifestError`] when a file is not what was written;
    /// [`OutputError::SerializationError`] as the `decode_` functions say, and when files contradict each other.
    pub fn read<B: AsRef<[u8]>>(
        folder: &Path,
        load: impl FnMut(&str) -> Result<B, OutputError>,
    ) -> Result<Self, OutputError> {
        Self::read_files(folder, load, |_| true)
    }

    /// Reads a policy as [`read`](Self::read) does, but leaves the bases, most of its bytes, where they are: what they
    /// are not needed for are warm starts, summaries and comparisons.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_without_bases<B: AsRef<[u8]>>(
        folder: &Path,
        load: impl FnMut(&str) -> Result<B, OutputError>,
    ) -> Result<Self, OutputError> {
        Self::read_files(folder, load, |file| !matches!(file, PolicyFile::Bases(_)))
    }

    fn read_files<B: AsRef<[u8]>>(
        folder: &Path,
        mut load: impl FnMut(&str) -> Result<B, OutputError>,
        wanted: impl Fn(PolicyFile) -> bool,
    ) -> Result<Self, OutputError> {
        let manifest_path = folder.join(PolicyFile::Manifest.path());
        let manifest = decode_manifest(load(&PolicyFile::Manifest.path())?.as_ref(), &manifest_path)?;
        let (mut cuts, mut bases, mut states) = (Vec::new(), Vec::new(), Vec::new());
        let mut files = Vec::with_capacity(manifest.parts.len());
        for part in &manifest.parts {
            match PolicyFile::from_path(&part.path) {
                Some(file) if file != PolicyFile::Manifest => files.extend(wanted(file).then_some((file, part))),
                _ => return Err(OutputError::manifest(&manifest_path, format!("unknown part {:?}", part.path))),
            }
        }
        files.sort_by_key(|&(file, _)| file);
        for (file, part) in files {
            let path = folder.join(&part.path);
            let content = load(&part.path)?;
            part.check(content.as_ref(), &path)?;
            match file {
                PolicyFile::Cuts(_) => cuts.push(decode_cuts(content.as_ref(), &path)?),
                PolicyFile::Bases(_) => bases.push(decode_bases(content.as_ref(), &path)?),
                PolicyFile::States(_) => states.push(decode_states(content.as_ref(), &path)?),
                PolicyFile::Manifest => {}
            }
        }
        Self::new(manifest, cuts, bases, states)
            .map_err(|message| OutputError::serialization(folder, format!("damaged policy: {message}")))
    }

    /// Puts the files of a policy together; what is wrong if they do not fit each other.
    fn new(
        manifest: PolicyManifest,
        cuts: Vec<StageCuts>,
        bases: Vec<StageBases>,
        states: Vec<StageStates>,
    ) -> Result<Self, String> {
        let dimension = manifest.components.len();
        let keys: Vec<StageKey> = manifest.stages.iter().enumerate().map(|(t, s)| StageKey::new(t, s)).collect();
        check_stages("cuts", &keys, cuts.iter().map(|cuts| cuts.stage))?;
        if !bases.is_empty() {
            check_stages("bases", &keys, bases.iter().map(|bases| bases.stage))?;
        }
        if !states.is_empty() {
            check_stages("trial points", &keys, states.iter().map(|states| states.stage))?;
        }
        if let Some(cuts) = cuts.iter().find(|cuts| cuts.dimension != dimension) {
            let (index, found) = (cuts.stage.stage_index, cuts.dimension);
            return Err(format!("cuts at position {index} over {found} components, the state has {dimension}"));
        }
        if let Some(states) = states.iter().find(|states| states.dimension != dimension) {
            let (index, found) = (states.stage.stage_index, states.dimension);
            return Err(format!("trial points at position {index} of {found} components, the state has {dimension}"));
        }
        for (bases, cuts) in bases.iter().zip(&cuts) {
            let index = bases.stage.stage_index;
            let (found, expected) = (bases.bases.len(), manifest.forward_passes as usize);
            if found != expected {
                return Err(format!("bases of {found} trajectories at position {index}, {expected} expected"));
            }
            let mut named = bases.bases.iter().flatten().flat_map(|basis| &basis.cuts);
            if let Some(id) = named.find(|&&id| id as usize >= cuts.len()) {
                return Err(format!("a basis at position {index} names cut {id} where there are {}", cuts.len()));
            }
        }
        for (states, cuts) in states.iter().zip(&cuts) {
            if let Some(id) = states.cuts.iter().find(|&&id| id as usize >= cuts.len()) {
                let index = states.stage.stage_index;
                return Err(format!("a trial point at position {index} names cut {id} where there are {}", cuts.len()));
            }
        }
        Ok(Self { manifest, cuts, bases, states })
    }

    /// What the policy is.
    pub fn manifest(&self) -> &PolicyManifest {
        &self.manifest
    }
    /// Cuts of every stage.
    pub fn cuts(&self) -> &[StageCuts] {
        &self.cuts
    }
    /// Bases of every stage, with one entry per trajectory; empty when the policy was stored without.
    pub fn bases(&self) -> &[StageBases] {
        &self.bases
    }
    /// Trial points of every stage; empty when the policy was stored without.
    pub fn states(&self) -> &[StageStates] {
        &self.states
    }

    /// Everything training needs to go on as if it had never stopped. The study must have the very components and
    /// stages of the policy, in its order; [`adapt`](fn@super::adapt) bridges differences for a warm start.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] naming what differs between policy and study.
    pub fn to_training_state(&self, study: &Study) -> Result<TrainingState, OutputError> {
        let path = PolicyFile::Manifest.path();
        check_calendar(&self.manifest.stages, study)
            .map_err(|message| OutputError::manifest(Path::new(&path), message))?;
        let components = match_components(&self.manifest.components, &state_components(study));
        if !components.is_identical() {
            let message = format!(
                "the policy is of another state than the study; hint: load it with policy.mode warm_start\n{components}"
            );
            return Err(OutputError::manifest(Path::new(&path), message));
        }
        let pools = self.cuts.iter().map(StageCuts::to_pool).collect::<Result<Vec<_>, _>>();
        let pools = pools.map_err(|error| OutputError::serialization(Path::new(&path), error))?;
        let n_stages = self.manifest.stages.len();
        let n_trajectories = self.manifest.forward_passes as usize;
        let mut trajectory_bases = vec![vec![None; n_stages]; n_trajectories];
        for (t, stage) in self.bases.iter().enumerate() {
            for (bases, basis) in trajectory_bases.iter_mut().zip(&stage.bases) {
                bases[t].clone_from(basis);
            }
        }
        let bases = trajectory_bases.first().cloned().unwrap_or_else(|| vec![None; n_stages]);
        let is_remembered = self.states.iter().any(|states| !states.cuts.is_empty());
        Ok(TrainingState {
            policy: Policy { states: StateLayout::new(study), pools, bases },
            trajectory_bases,
            visited: if is_remembered { self.states.iter().map(StageStates::to_visited).collect() } else { Vec::new() },
            lower_bounds: self.manifest.lower_bounds.clone(),
            upper_bound: (self.manifest.upper_bound_mean, self.manifest.upper_bound_std),
            elapsed_seconds: self.manifest.elapsed_seconds,
        })
    }
}

fn check_stages(what: &str, keys: &[StageKey], found: impl ExactSizeIterator<Item = StageKey>) -> Result<(), String> {
    if found.len() != keys.len() {
        return Err(format!("{what} of {} stages, {} expected", found.len(), keys.len()));
    }
    match found.zip(keys).position(|(found, key)| found != *key) {
        Some(t) => Err(format!("{what} at position {t} belong to another stage")),
        None => Ok(()),
    }
}
