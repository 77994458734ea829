use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use cobre_data::output::OutputError;
use cobre_data::policy::{
    CutColumns, PolicyFile, PolicyManifest, StageStates, StateComponent, StateKind, decode_manifest, decode_states,
    view_cuts,
};
use cobre_data::runner::PolicyPlace;
use cobre_engine::cuts::CutPool;
use datafusion::datasource::object_store::ObjectStoreUrl;

/// A policy that is opened when it is first asked for.
#[derive(Debug)]
pub(crate) struct LazyPolicy {
    place: PolicyPlace,
    /// URL of the run that it belongs to, if it was found by its run.
    run: Option<ObjectStoreUrl>,
    loaded: Mutex<Option<Arc<LoadedPolicy>>>,
}

impl LazyPolicy {
    pub(crate) fn new(place: PolicyPlace) -> Self {
        Self { place, run: None, loaded: Mutex::default() }
    }

    /// The policy of the run at a URL.
    pub(crate) fn of_run(place: PolicyPlace, run: &ObjectStoreUrl) -> Self {
        Self { run: Some(run.clone()), ..Self::new(place) }
    }

    /// URL of the run that it belongs to, if it was found by its run.
    #[cfg(feature = "distributed")]
    pub(super) fn run(&self) -> Option<&ObjectStoreUrl> {
        self.run.as_ref()
    }

    /// The policy. A failure is not kept: the next call tries again. Waits for the store.
    pub(crate) fn load(&self) -> Result<Arc<LoadedPolicy>, OutputError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(policy) = &*loaded {
            return Ok(Arc::clone(policy));
        }
        let policy = LoadedPolicy::open(self.place.clone())?;
        let policy = Arc::new(LoadedPolicy { run: self.run.clone(), ..policy });
        *loaded = Some(Arc::clone(&policy));
        Ok(policy)
    }
}

/// A stored policy: what it is, and the cuts of the stages that were asked for, ready to be evaluated.
///
/// Methods that read wait for the store.
#[derive(Debug)]
pub(crate) struct LoadedPolicy {
    place: PolicyPlace,
    #[cfg_attr(not(feature = "distributed"), expect(dead_code))] // Nobody else has to find it.
    run: Option<ObjectStoreUrl>,
    manifest: PolicyManifest,
    /// Names of the state components, in their order.
    names: Vec<String>,
    /// Position of every stage, by its label.
    stages: BTreeMap<i32, usize>,
    /// Position of every plant's storage in the state.
    storages: BTreeMap<i32, usize>,
    pools: Vec<Mutex<Option<Arc<CutPool>>>>,
}

impl LoadedPolicy {
    /// Reads what the policy is.
    pub(crate) fn open(place: PolicyPlace) -> Result<Self, OutputError> {
        let path = place.location().join(PolicyFile::Manifest.path());
        let manifest = decode_manifest(&place.file(&PolicyFile::Manifest.path())?, &path)?;
        let names = manifest.components.iter().map(StateComponent::column_name).collect();
        let stages = manifest.stages.iter().enumerate().map(|(t, stage)| (stage.id, t)).collect();
        let storages = manifest.components.iter().enumerate();
        let storages = storages.filter(|(_, component)| component.kind == StateKind::Storage);
        let storages = storages.map(|(j, component)| (component.entity_id, j)).collect();
        let pools = manifest.stages.iter().map(|_| Mutex::default()).collect();
        Ok(Self { place, run: None, manifest, names, stages, storages, pools })
    }

    /// URL of the run that it belongs to, if it was found by its run.
    #[cfg(feature = "distributed")]
    pub(super) fn run(&self) -> Option<&ObjectStoreUrl> {
        self.run.as_ref()
    }

    pub(crate) fn manifest(&self) -> &PolicyManifest {
        &self.manifest
    }

    /// Names of the state components, in their order.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Position of a stage, by its label.
    pub(crate) fn stage_index(&self, stage_id: i64) -> Option<usize> {
        self.stages.get(&i32::try_from(stage_id).ok()?).copied()
    }

    /// Labels of the stages, ascending.
    pub(crate) fn stage_ids(&self) -> impl Iterator<Item = i32> + '_ {
        self.stages.keys().copied()
    }

    /// Position of a plant's storage in the state, by the label of the plant.
    pub(crate) fn storage_index(&self, hydro_id: i64) -> Option<usize> {
        self.storages.get(&i32::try_from(hydro_id).ok()?).copied()
    }

    /// Labels of the plants with storage in the state, ascending.
    pub(crate) fn storage_ids(&self) -> impl Iterator<Item = i32> + '_ {
        self.storages.keys().copied()
    }

    /// The cuts of the stage at position `stage`, read anew.
    pub(crate) fn read_cuts(&self, stage: usize) -> Result<CutColumns, OutputError> {
        let file = PolicyFile::Cuts(stage as u32);
        let (content, path) = self.read(file)?;
        let cuts = view_cuts(&content, &path)?;
        self.check(&path, cuts.stage.stage_index as usize == stage, cuts.dimension)?;
        Ok(cuts)
    }

    /// The trial points of the stage at position `stage`, read anew.
    pub(crate) fn read_states(&self, stage: usize) -> Result<StageStates, OutputError> {
        let (content, path) = self.read(PolicyFile::States(stage as u32))?;
        let states = decode_states(&content, &path)?;
        self.check(&path, states.stage.stage_index as usize == stage, states.dimension)?;
        Ok(states)
    }

    /// The cuts of the stage at position `stage` for evaluation; read once, then kept.
    pub(crate) fn pool(&self, stage: usize) -> Result<Arc<CutPool>, OutputError> {
        let mut pool = self.pools[stage].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = &*pool {
            return Ok(Arc::clone(pool));
        }
        let cuts = self.read_cuts(stage)?;
        let read = cuts.to_pool().map_err(|error| damaged(&self.place.location(), &error.to_string()))?;
        let read = Arc::new(read);
        *pool = Some(Arc::clone(&read));
        Ok(read)
    }

    fn read(&self, file: PolicyFile) -> Result<(bytes::Bytes, PathBuf), OutputError> {
        let path = self.place.location().join(file.path());
        let Some(part) = self.manifest.part(file) else {
            return Err(damaged(&path, "the policy does not name this file"));
        };
        let content = self.place.file(&file.path())?;
        part.check(&content, &path)?;
        Ok((content, path))
    }

    fn check(&self, path: &Path, is_stage: bool, dimension: usize) -> Result<(), OutputError> {
        let expected = self.manifest.components.len();
        if !is_stage {
            return Err(damaged(path, "the file belongs to another stage"));
        }
        if dimension != expected {
            return Err(damaged(path, &format!("{dimension} components, the state has {expected}")));
        }
        Ok(())
    }
}

fn damaged(path: &Path, message: &str) -> OutputError {
    OutputError::SerializationError { path: path.to_path_buf(), message: format!("damaged policy: {message}") }
}
