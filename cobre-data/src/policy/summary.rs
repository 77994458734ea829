use std::fmt;

use serde::Serialize;

use super::calendar::day_text;
use super::component::StateComponent;
use super::manifest::PolicyStatus;
use super::states::StageStates;
use super::stored::StoredPolicy;
use super::text_table::{TextTable, number, percent};

/// What a policy is, in a page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolicySummary {
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
    /// Iterations done.
    pub iterations: u32,
    /// Trajectories per forward pass.
    pub forward_passes: u32,
    /// Lower bound after the first iteration ($).
    pub first_lower_bound: Option<f64>,
    /// Lower bound after the last iteration ($).
    pub lower_bound: Option<f64>,
    /// Mean discounted cost of the last forward pass ($).
    pub upper_bound_mean: f64,
    /// Sample standard deviation of those costs ($); none for a single trajectory.
    pub upper_bound_std: Option<f64>,
    /// Clock of training (s).
    pub elapsed_seconds: f64,
    /// Cuts of all stages, active or not.
    pub n_cuts: u64,
    /// Active cuts of all stages.
    pub n_active_cuts: u64,
    /// Components of the state.
    pub dimension: usize,
    /// The components.
    pub components: Vec<StateComponent>,
    /// The stages.
    pub stages: Vec<StageSummary>,
}

/// The cuts of one stage, counted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageSummary {
    /// Label.
    pub stage_id: i32,
    /// First day, in days since 1970-01-01.
    pub start_day: Option<i32>,
    /// Day after the last day, in days since 1970-01-01.
    pub end_day: Option<i32>,
    /// Cuts, active or not.
    pub n_cuts: usize,
    /// Active cuts: those that the approximation is made of.
    pub n_active_cuts: usize,
    /// Cuts that training began with.
    pub n_given: usize,
    /// Cuts that were binding in some solve.
    pub n_binding: usize,
    /// Their share; none without cuts.
    pub binding_share: Option<f64>,
    /// Cuts that were binding in the last iteration.
    pub n_binding_last: usize,
    /// Trial points that are stored.
    pub n_states: usize,
    /// Trajectories with a basis.
    pub n_bases: usize,
}

/// Counts what a policy holds.
pub fn describe(policy: &StoredPolicy) -> PolicySummary {
    let manifest = policy.manifest();
    let last = manifest.iteration();
    let stages: Vec<StageSummary> = manifest
        .stages
        .iter()
        .enumerate()
        .map(|(t, stage)| {
            let cuts = &policy.cuts()[t];
            let n_binding = cuts.times_binding.iter().filter(|&&times| times > 0).count();
            let last_iterations = cuts.times_binding.iter().zip(&cuts.last_binding_iteration);
            StageSummary {
                stage_id: stage.id,
                start_day: stage.start_day,
                end_day: stage.end_day,
                n_cuts: cuts.len(),
                n_active_cuts: cuts.active_ids().count(),
                n_given: cuts.iteration.iter().filter(|&&iteration| iteration == 0).count(),
                n_binding,
                binding_share: (!cuts.is_empty()).then(|| n_binding as f64 / cuts.len() as f64),
                n_binding_last: last_iterations.filter(|&(&times, &iteration)| times > 0 && iteration == last).count(),
                n_states: policy.states().get(t).map_or(0, StageStates::len),
                n_bases: policy.bases().get(t).map_or(0, |bases| bases.bases.iter().flatten().count()),
            }
        })
        .collect();
    PolicySummary {
        status: manifest.status,
        engine_version: manifest.engine_version.clone(),
        created_at: manifest.created_at.clone(),
        case_hash: manifest.case_hash.clone(),
        study_hash: manifest.study_hash.clone(),
        run_id: manifest.run_id.clone(),
        iterations: last,
        forward_passes: manifest.forward_passes,
        first_lower_bound: manifest.lower_bounds.first().copied(),
        lower_bound: manifest.lower_bounds.last().copied(),
        upper_bound_mean: manifest.upper_bound_mean,
        upper_bound_std: manifest.upper_bound_std,
        elapsed_seconds: manifest.elapsed_seconds,
        n_cuts: stages.iter().map(|stage| stage.n_cuts as u64).sum(),
        n_active_cuts: stages.iter().map(|stage| stage.n_active_cuts as u64).sum(),
        dimension: manifest.components.len(),
        components: manifest.components.clone(),
        stages,
    }
}

impl fmt::Display for PolicySummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = match self.status {
            PolicyStatus::Checkpoint => "checkpoint",
            PolicyStatus::Final => "final",
        };
        let bound = |bound: Option<f64>| bound.map_or_else(|| "none".to_owned(), number);
        writeln!(f, "status           {status}, written {} by cobre {}", self.created_at, self.engine_version)?;
        writeln!(f, "run              {}", self.run_id)?;
        writeln!(f, "case             {}", self.case_hash)?;
        writeln!(f, "study            {}", self.study_hash)?;
        writeln!(f, "iterations       {}, {} forward passes each", self.iterations, self.forward_passes)?;
        writeln!(f, "lower bound      {} $ (first {} $)", bound(self.lower_bound), bound(self.first_lower_bound))?;
        write!(f, "simulated cost   {} $", number(self.upper_bound_mean))?;
        if let Some(std) = self.upper_bound_std {
            write!(f, ", standard deviation {} $", number(std))?;
        }
        writeln!(f, "\ntraining time    {:.1} s", self.elapsed_seconds)?;
        let (n_active, n_cuts) = (self.n_active_cuts, self.n_cuts);
        writeln!(f, "cuts             {n_active} active of {n_cuts} over {} stages", self.stages.len())?;
        writeln!(f, "state            {} components\n", self.dimension)?;

        let header = [
            "stage",
            "first day",
            "last day",
            "cuts",
            "active",
            "given",
            "binding",
            "share",
            "binding last",
            "points",
            "bases",
        ];
        let mut table = TextTable::new(&header);
        for stage in &self.stages {
            table.row(vec![
                stage.stage_id.to_string(),
                day_text(stage.start_day),
                day_text(stage.end_day.map(|day| day.saturating_sub(1))),
                stage.n_cuts.to_string(),
                stage.n_active_cuts.to_string(),
                stage.n_given.to_string(),
                stage.n_binding.to_string(),
                percent(stage.binding_share),
                stage.n_binding_last.to_string(),
                stage.n_states.to_string(),
                stage.n_bases.to_string(),
            ]);
        }
        writeln!(f, "{table}\n")?;
        let mut table = TextTable::new(&["component", "index", "unit"]);
        for (j, component) in self.components.iter().enumerate() {
            table.row(vec![component.to_string(), j.to_string(), component.unit.clone()]);
        }
        write!(f, "{table}")
    }
}
