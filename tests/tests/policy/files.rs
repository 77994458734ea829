//! The files of a policy in memory, and trained policies to fill them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};

use cobre_data::output::OutputError;
use cobre_data::policy::{
    PolicyContent, PolicyManifest, PolicyPart, PolicyStage, PolicyStatus, StageCuts, StageKey, StageStates,
    StoredPolicy, decode_cuts, decode_manifest, encode_cuts, encode_manifest, state_components, write_policy,
};
use cobre_engine::Study;
use cobre_engine::sddp::{IterationRecord, TrainingSnapshot, TrainingStart, TrainingState, train};
use cobre_engine::subproblem::StateLayout;

use crate::setting::{control, training};

pub(super) const FOLDER: &str = "run=1/policy/3";

/// Files by their path from the folder of the policy.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Files(pub(super) BTreeMap<String, Vec<u8>>);

impl Files {
    /// Writes a policy; `policy.bin` must be the last file.
    pub(super) fn write(manifest: PolicyManifest, content: &PolicyContent<'_>, compress: bool) -> Self {
        let mut files = Self::default();
        let mut last = String::new();
        let written = write_policy(manifest, content, compress, |path, content| {
            path.clone_into(&mut last);
            assert!(files.0.insert(path.to_owned(), content).is_none(), "{path} is written twice");
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(last, "policy.bin");
        assert_eq!(written.parts.len() + 1, files.0.len());
        files
    }

    fn load(&self, path: &str) -> Result<&[u8], OutputError> {
        let missing = || OutputError::IoError {
            operation: "read",
            path: PathBuf::from(path),
            source: io::ErrorKind::NotFound.into(),
        };
        self.0.get(path).map(Vec::as_slice).ok_or_else(missing)
    }

    pub(super) fn try_read(&self) -> Result<StoredPolicy, OutputError> {
        StoredPolicy::read(Path::new(FOLDER), |path| self.load(path))
    }

    pub(super) fn read(&self) -> StoredPolicy {
        self.try_read().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same without bases; they must not be loaded.
    pub(super) fn read_without_bases(&self) -> StoredPolicy {
        let load = |path: &str| {
            assert!(!path.starts_with("basis/"), "{path} is loaded");
            self.load(path)
        };
        StoredPolicy::read_without_bases(Path::new(FOLDER), load).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Changes the manifest.
    pub(super) fn change_manifest(&mut self, change: impl FnOnce(&mut PolicyManifest)) {
        let mut manifest = decode_manifest(&self.0["policy.bin"], Path::new(FOLDER)).expect("a manifest");
        change(&mut manifest);
        self.0.insert("policy.bin".to_owned(), encode_manifest(&manifest).expect("a manifest"));
    }

    /// Changes the content of a file, and the manifest so that it knows of it.
    pub(super) fn change_file(&mut self, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut content = self.0[path].clone();
        change(&mut content);
        let file = cobre_data::policy::PolicyFile::from_path(path).expect("a file of a policy");
        let part = PolicyPart::new(file, &content);
        self.0.insert(path.to_owned(), content);
        self.change_manifest(|manifest| {
            let old = manifest.parts.iter_mut().find(|part| part.path == path).expect("a part");
            *old = part;
        });
    }

    /// Changes the cuts of every stage.
    pub(super) fn change_cuts(&mut self, change: impl Fn(&mut StageCuts)) {
        let paths: Vec<String> = self.0.keys().filter(|path| path.starts_with("cuts/")).cloned().collect();
        for path in paths {
            self.change_file(&path, |content| {
                let mut cuts = decode_cuts(content, Path::new(&path)).expect("cuts");
                change(&mut cuts);
                *content = encode_cuts(&cuts, false).expect("cuts");
            });
        }
    }
}

/// What training knew after every iteration, with the trial points of it, from the start of the stages' end.
pub(super) fn states_of_training(
    study: &Study,
    iterations: u32,
    forward_passes: usize,
) -> Vec<(TrainingState, Vec<StageStates>)> {
    let stages = PolicyStage::of_study(study);
    let mut states = Vec::new();
    let mut keep = |_: &IterationRecord, snapshot: &TrainingSnapshot<'_>| -> Result<(), Infallible> {
        let mut points: Vec<StageStates> = stages
            .iter()
            .enumerate()
            .map(|(t, stage)| StageStates::new(StageKey::new(t, stage), snapshot.states().dimension()))
            .collect();
        for m in 0..snapshot.n_trajectories() {
            for (t, points) in points.iter_mut().enumerate() {
                points.push(snapshot.iteration(), m as u32, &snapshot.trial_points(m)[t + 1]);
            }
        }
        let of_snapshot = PolicyContent::of_snapshot(snapshot);
        let state = snapshot.to_state();
        assert_eq!(of_snapshot.trajectory_bases, PolicyContent::of_state(&state).trajectory_bases);
        states.push((state, points));
        Ok(())
    };
    let options = training(iterations, forward_passes, 7);
    let result = train(study, &options, control(1), TrainingStart::Fresh, &mut keep).expect("training");
    assert_eq!(result.iterations, iterations);
    states
}

/// The manifest of a state of training; its parts are still to come.
pub(super) fn manifest_of(study: &Study, state: &TrainingState) -> PolicyManifest {
    PolicyManifest {
        status: PolicyStatus::Checkpoint,
        engine_version: "0.1.0".to_owned(),
        created_at: "2024-02-29T23:59:59Z".to_owned(),
        case_hash: "case".to_owned(),
        study_hash: "study".to_owned(),
        run_id: "run".to_owned(),
        forward_passes: state.trajectory_bases.len() as u32,
        seeds: [("forward".to_owned(), 7)].into(),
        cost_scale_factor: study.cost_scale_factor,
        elapsed_seconds: state.elapsed_seconds,
        lower_bounds: state.lower_bounds.clone(),
        upper_bound_mean: state.upper_bound.0,
        upper_bound_std: state.upper_bound.1,
        components: state_components(study),
        initial_state: StateLayout::new(study).initial(study),
        stages: PolicyStage::of_study(study),
        parts: Vec::new(),
        training_parts: Vec::new(),
        options: BTreeMap::new(),
    }
}

/// A study with its policy after some iterations, stored with trial points.
pub(super) fn stored(study: &Study, iterations: u32, forward_passes: usize) -> (TrainingState, Files) {
    let (state, points) = states_of_training(study, iterations, forward_passes).pop().expect("an iteration");
    let content = PolicyContent { states: &points, ..PolicyContent::of_state(&state) };
    let files = Files::write(manifest_of(study, &state), &content, false);
    (state, files)
}
