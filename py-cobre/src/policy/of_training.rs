use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use cobre_data::case::Case;
use cobre_data::output::format_rfc3339;
use cobre_data::policy::{
    PolicyContent, PolicyManifest, PolicyStage, PolicyStatus, StageStates, state_components, write_policy,
};
use cobre_engine::sddp::{StopReason, TrainingResult};
use cobre_engine::subproblem::StateLayout;

use super::data::PolicyData;
use crate::failure::Failure;

/// What stands in the place of a run's identity where there is no run.
const NO_RUN: &str = "in memory";

impl PolicyData {
    /// The policy that a training has come to, with its bases, and with trial points of every stage where there are
    /// some.
    pub(crate) fn of_training(case: &Case, result: &TrainingResult, points: &[StageStates]) -> Result<Self, Failure> {
        let (study, state) = (&case.study, &result.state);
        let mut seeds = BTreeMap::from([("tree".to_owned(), case.tree_seed)]);
        seeds.extend(case.training.as_ref().map(|options| ("forward".to_owned(), options.seed)));
        let status = match result.reason {
            StopReason::Requested => PolicyStatus::Checkpoint,
            _ => PolicyStatus::Final,
        };
        let manifest = PolicyManifest {
            status,
            engine_version: env!("CARGO_PKG_VERSION").to_owned(),
            created_at: format_rfc3339(SystemTime::now()),
            case_hash: case.case_hash.clone(),
            study_hash: case.study_hash.clone(),
            run_id: NO_RUN.to_owned(),
            forward_passes: state.trajectory_bases.len() as u32,
            seeds,
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
        };
        let content = PolicyContent { states: points, ..PolicyContent::of_state(state) };
        let mut files = BTreeMap::new();
        write_policy(manifest, &content, false, |path, content| {
            files.insert(path.to_owned(), Bytes::from(content));
            Ok(())
        })?;
        Ok(Self::from_files_in_memory(files)?)
    }
}
