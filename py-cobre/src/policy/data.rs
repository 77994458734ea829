use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use bytes::Bytes;
use cobre_data::output::OutputError;
use cobre_data::policy::{
    CutColumns, PolicyFile, PolicyManifest, StateComponent, StateKind, StoredPolicy, decode_manifest, view_cuts,
};
use cobre_data::runner::find_policy;
use cobre_data::store::{Fingerprint, Location, StoreOptions};
use cobre_engine::cuts::CutPool;

use crate::failure::Failure;

/// What messages call a policy that lies in memory.
const IN_MEMORY: &str = "the policy in memory";

/// A policy: its files, and what they hold. Cuts are looked at where they lie in the files; immutable.
#[derive(Debug)]
pub(crate) struct PolicyData {
    /// Contents by path from the folder of the policy.
    files: BTreeMap<String, Bytes>,
    manifest: PolicyManifest,
    /// Names of the state components, in their order.
    names: Vec<String>,
    /// Of every stage.
    cuts: Vec<CutColumns>,
    /// The cuts of every stage as the engine evaluates them, made when first asked for.
    pools: Vec<OnceLock<CutPool>>,
    content_hash: OnceLock<String>,
}

impl PolicyData {
    /// Reads the policy at a location: its own folder, a run, or a root of outputs, whose newest policy is taken.
    pub(crate) fn load(location: &Location, options: &StoreOptions) -> Result<Self, Failure> {
        let place = find_policy(location, options)?;
        let manifest_name = PolicyFile::Manifest.path();
        let content = place.file(&manifest_name)?;
        let manifest = decode_manifest(&content, &place.location().join(&manifest_name))?;
        let mut files = BTreeMap::from([(manifest_name, content)]);
        for part in &manifest.parts {
            files.insert(part.path.clone(), place.file(&part.path)?);
        }
        Ok(Self::from_files(files, &place.location())?)
    }

    /// The policy that consists of these files; `folder` is what messages name.
    pub(crate) fn from_files(files: BTreeMap<String, Bytes>, folder: &Path) -> Result<Self, OutputError> {
        let file = |name: &str| {
            let missing = || damaged(&folder.join(name), "the file is missing");
            files.get(name).ok_or_else(missing)
        };
        let manifest_name = PolicyFile::Manifest.path();
        let manifest = decode_manifest(file(&manifest_name)?, &folder.join(&manifest_name))?;
        for part in &manifest.parts {
            part.check(file(&part.path)?, &folder.join(&part.path))?;
        }
        let mut cuts = Vec::with_capacity(manifest.stages.len());
        for t in 0..manifest.stages.len() {
            let name = PolicyFile::Cuts(t as u32).path();
            let path = folder.join(&name);
            let columns = view_cuts(file(&name)?, &path)?;
            if columns.stage.stage_index as usize != t || columns.dimension != manifest.components.len() {
                return Err(damaged(&path, "the file belongs to another stage or state"));
            }
            cuts.push(columns);
        }
        let names = manifest.components.iter().map(StateComponent::column_name).collect();
        let pools = cuts.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { files, manifest, names, cuts, pools, content_hash: OnceLock::new() })
    }

    /// The policy that consists of files that were never stored.
    pub(crate) fn from_files_in_memory(files: BTreeMap<String, Bytes>) -> Result<Self, OutputError> {
        Self::from_files(files, Path::new(IN_MEMORY))
    }

    /// Contents by path from the folder of the policy.
    pub(crate) fn files(&self) -> &BTreeMap<String, Bytes> {
        &self.files
    }

    /// What the policy is.
    pub(crate) fn manifest(&self) -> &PolicyManifest {
        &self.manifest
    }

    /// Names of the state components, in their order: `storage_1`, `inflow_lag_1_2` (plant 1, lag 2).
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of state components.
    pub(crate) fn dimension(&self) -> usize {
        self.names.len()
    }

    /// Number of stages.
    pub(crate) fn n_stages(&self) -> usize {
        self.cuts.len()
    }

    /// Position of the stage with a label; the first stage where none is given.
    pub(crate) fn stage_index(&self, stage_id: Option<i64>) -> Result<usize, Failure> {
        let stages = &self.manifest.stages;
        let Some(wanted) = stage_id else { return Ok(0) };
        stages.iter().position(|stage| i64::from(stage.id) == wanted).ok_or_else(|| {
            let ids = listed(stages.iter().map(|stage| stage.id));
            Failure::argument("stage", format!("the policy has no stage {wanted}; its stages are {ids}"))
        })
    }

    /// Position of a plant's storage in the state, by the label of the plant.
    pub(crate) fn storage_index(&self, hydro_id: i64) -> Result<usize, Failure> {
        let is_storage = |component: &&StateComponent| component.kind == StateKind::Storage;
        let components = &self.manifest.components;
        let is_wanted = |c: &StateComponent| is_storage(&c) && i64::from(c.entity_id) == hydro_id;
        components.iter().position(is_wanted).ok_or_else(|| {
            let ids = listed(components.iter().filter(is_storage).map(|component| component.entity_id));
            Failure::argument("hydro", format!("the state has no storage of plant {hydro_id}; it has those of {ids}"))
        })
    }

    /// The cuts of the stage at a position, active or not; the id of a cut is its position.
    pub(crate) fn cuts(&self, stage: usize) -> &CutColumns {
        &self.cuts[stage]
    }

    /// The cuts of the stage at a position as the engine evaluates them.
    pub(crate) fn pool(&self, stage: usize) -> Result<&CutPool, Failure> {
        if let Some(pool) = self.pools[stage].get() {
            return Ok(pool);
        }
        let pool = self.cuts[stage].to_pool()?;
        Ok(self.pools[stage].get_or_init(|| pool))
    }

    /// The whole policy, bases and trial points included, decoded.
    pub(crate) fn stored(&self) -> Result<StoredPolicy, OutputError> {
        let folder = Path::new(IN_MEMORY);
        StoredPolicy::read(folder, |name| {
            self.files.get(name).ok_or_else(|| damaged(&folder.join(name), "the file is missing"))
        })
    }

    /// SHA-256 over stages, state components and cuts: policies with the same one are worth the same everywhere. Who
    /// made the policy, and when, is not part of it.
    pub(crate) fn content_hash(&self) -> &str {
        self.content_hash.get_or_init(|| {
            let mut text = String::new();
            let mut add = |bytes: &[u8]| text.push_str(&Fingerprint::of(bytes).sha256);
            add(self.names.join("\n").as_bytes());
            for (stage, cuts) in self.manifest.stages.iter().zip(&self.cuts) {
                add(format!("{} {:?} {:?}", stage.id, stage.start_day, stage.end_day).as_bytes());
                for values in [&cuts.intercepts, &cuts.coefficients] {
                    add(values.inner());
                }
                for values in [&cuts.iteration, &cuts.trajectory, &cuts.last_binding_iteration] {
                    add(values.inner());
                }
                add(cuts.times_binding.inner());
                let is_active: Vec<u8> = (0..cuts.len()).map(|id| u8::from(cuts.is_active(id))).collect();
                add(&is_active);
            }
            Fingerprint::of(text.as_bytes()).sha256
        })
    }
}

impl PartialEq for PolicyData {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.content_hash() == other.content_hash()
    }
}

fn damaged(path: &Path, message: &str) -> OutputError {
    OutputError::SerializationError { path: path.to_path_buf(), message: format!("damaged policy: {message}") }
}

/// The first of several names, for a message.
pub(super) fn listed<T: ToString>(names: impl IntoIterator<Item = T>) -> String {
    const LISTED: usize = 8;
    let mut names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    let n_more = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    if n_more > 0 {
        names.push(format!("and {n_more} more"));
    }
    names.join(", ")
}
