use std::fmt;
use std::path::Path;

use cobre_engine::Study;
use cobre_engine::cuts::CutPool;
use cobre_engine::sddp::Policy;
use cobre_engine::subproblem::StateLayout;
use serde::Serialize;

use super::calendar::check_calendar;
use super::component::state_components;
use super::cuts::StageCuts;
use super::file::PolicyFile;
use super::matching::{StateMatch, match_components};
use super::stored::StoredPolicy;
use crate::output::OutputError;

/// What became of a policy that was brought into the state of a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdaptationReport {
    /// Stages, the same on both sides.
    pub n_stages: usize,
    /// Cuts taken over.
    pub n_cuts: u64,
    /// Which components are which.
    pub components: StateMatch,
}

/// Brings the cuts of a policy into the state of a study, ids and order of the cuts kept: for a warm start, or a
/// simulation of a study that has changed. The bases are left behind, for the stage problems may have changed too.
///
/// Components are matched by identity. Where the study has one that the policy lacks, its coefficients are 0. A
/// component that the policy alone has is dropped where no cut depends on it.
///
/// # Errors
/// [`OutputError::ManifestError`] when number, labels or dates of the stages differ, a unit differs, or a cut depends
/// on a component that the study does not have; the message names it.
pub fn adapt(policy: &StoredPolicy, study: &Study) -> Result<(Policy, AdaptationReport), OutputError> {
    let path = PolicyFile::Manifest.path();
    let refused = |message: String| OutputError::manifest(Path::new(&path), message);
    let manifest = policy.manifest();
    check_calendar(&manifest.stages, study).map_err(&refused)?;
    let components = match_components(&manifest.components, &state_components(study));
    if let Some(other) = components.matched.iter().find(|component| component.policy_unit.is_some()) {
        let (found, expected) = (other.policy_unit.as_deref().unwrap_or_default(), &other.component.unit);
        return Err(refused(format!("{} is in {found} in the policy, in {expected} in the study", other.component)));
    }
    for lone in &components.only_in_policy {
        if let Some(dependence) = dependence(policy.cuts(), lone.index) {
            let message = format!(
                "the policy depends on the {} that the study does not have: {dependence}; hint: its cuts say nothing \
                 of a study without it, train afresh",
                lone.component
            );
            return Err(refused(message));
        }
    }
    let states = StateLayout::new(study);
    let pools = policy.cuts().iter().map(|cuts| reorder(cuts, &components, states.dimension()));
    let pools = pools.collect::<Result<Vec<_>, _>>().map_err(|error| refused(error.to_string()))?;
    let n_stages = pools.len();
    let policy = Policy { states, pools, bases: vec![None; n_stages] };
    let report = AdaptationReport { n_stages, n_cuts: policy.n_cuts(), components };
    Ok((policy, report))
}

/// How cuts depend on a component; none when they do not.
fn dependence(cuts: &[StageCuts], component: usize) -> Option<String> {
    let (mut n_cuts, mut largest, mut first_stage) = (0u64, 0.0f64, None);
    for cuts in cuts {
        for id in 0..cuts.len() {
            let coefficient = cuts.coefficients_of(id)[component];
            if coefficient != 0.0 {
                n_cuts += 1;
                first_stage.get_or_insert(cuts.stage.stage_id);
                if coefficient.abs() > largest.abs() {
                    largest = coefficient;
                }
            }
        }
    }
    let stage = first_stage?;
    Some(format!("{n_cuts} cuts, the first at stage {stage}, have a coefficient on it, the largest {largest}"))
}

fn reorder(cuts: &StageCuts, components: &StateMatch, dimension: usize) -> Result<CutPool, cobre_engine::EngineError> {
    let mut coefficients = vec![0.0; cuts.len() * dimension];
    if dimension > 0 {
        for (id, row) in coefficients.chunks_exact_mut(dimension).enumerate() {
            let stored = cuts.coefficients_of(id);
            for component in &components.matched {
                row[component.study_index] = stored[component.policy_index];
            }
        }
    }
    let row = |id: usize| &coefficients[id * dimension..(id + 1) * dimension];
    CutPool::from_cuts(dimension, (0..cuts.len()).map(|id| cuts.cut(id, row(id))))
}

impl fmt::Display for AdaptationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cuts of {} stages taken over\n{}", self.n_cuts, self.n_stages, self.components)?;
        let n_new = self.components.only_in_study.len();
        if n_new > 0 {
            write!(
                f,
                "\n  warning: the cuts do not depend on the {n_new} components that are new (coefficient 0). They \
                 bound the cost from below only where what is new does not make the future cheaper than they say, \
                 which a new plant usually does: the lower bound may lie above the optimum"
            )?;
        }
        let n_dropped = self.components.only_in_policy.len();
        if n_dropped > 0 {
            write!(f, "\n  the {n_dropped} components that the policy alone has are dropped: no cut depends on them")?;
        }
        Ok(())
    }
}
