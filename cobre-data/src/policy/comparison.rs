use std::fmt;

use serde::Serialize;

use super::matching::{StateMatch, match_components};
use super::stored::StoredPolicy;
use super::text_table::{TextTable, number};
use super::value::check_state;
use crate::output::OutputError;

/// Two policies side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolicyComparison {
    /// Iterations done.
    pub iterations: [u32; 2],
    /// Lower bound after the last iteration ($).
    pub lower_bounds: [Option<f64>; 2],
    /// Cuts of all stages.
    pub n_cuts: [u64; 2],
    /// Which components are which, the first policy in the place of the policy, the second in that of the study.
    pub components: StateMatch,
    /// Stages that both have, by label, in the order of the first.
    pub stages: Vec<StageComparison>,
    /// Labels of the stages that the first policy alone has.
    pub only_in_first: Vec<i32>,
    /// Labels of the stages that the second policy alone has.
    pub only_in_second: Vec<i32>,
}

/// The future cost of one stage as two policies see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageComparison {
    /// Label of the stage.
    pub stage_id: i32,
    /// Cuts.
    pub n_cuts: [usize; 2],
    /// Future cost ($) where the state at the end of the stage is that at the start of the study.
    pub initial_value: [f64; 2],
    /// States at which the policies were compared: the initial one, those given, and the stored trial points of both.
    pub n_states: usize,
    /// Largest `|first − second| / max(1, |first|, |second|)` over the states.
    pub max_relative_difference: f64,
    /// Mean of the same.
    pub mean_relative_difference: f64,
    /// Future cost ($) at the state of the largest difference.
    pub worst_value: [f64; 2],
}

/// Compares what two policies say of the future: stage by stage, at the initial state of the first, at `states` (in
/// the order and units of its components), and at the trial points that are stored with either.
///
/// Components are matched by identity; where one policy has a component that the other lacks, its value in a state of
/// the other is that at the start of the study.
///
/// # Errors
/// [`OutputError::SchemaError`] when a given state has another number of components than the first policy.
pub fn compare(
    first: &StoredPolicy,
    second: &StoredPolicy,
    states: &[Vec<f64>],
) -> Result<PolicyComparison, OutputError> {
    for state in states {
        check_state(state, first.manifest().components.len())?;
    }
    let components = match_components(&first.manifest().components, &second.manifest().components);
    let mut stages = Vec::new();
    let mut only_in_first = Vec::new();
    for (t, stage) in first.manifest().stages.iter().enumerate() {
        match second.stage_index(stage.id) {
            Some(u) => stages.push(compare_stage(first, second, t, u, states, &components)),
            None => only_in_first.push(stage.id),
        }
    }
    let missing = second.manifest().stages.iter().filter(|stage| first.stage_index(stage.id).is_none());
    let n_cuts = |policy: &StoredPolicy| policy.cuts().iter().map(|cuts| cuts.len() as u64).sum();
    let last_bound = |policy: &StoredPolicy| policy.manifest().lower_bounds.last().copied();
    Ok(PolicyComparison {
        iterations: [first.manifest().iteration(), second.manifest().iteration()],
        lower_bounds: [last_bound(first), last_bound(second)],
        n_cuts: [n_cuts(first), n_cuts(second)],
        only_in_second: missing.map(|stage| stage.id).collect(),
        components,
        stages,
        only_in_first,
    })
}

/// A state of the second policy in the components of the first, and the other way round.
struct Translation<'a> {
    components: &'a StateMatch,
    first_initial: &'a [f64],
    second_initial: &'a [f64],
}

impl Translation<'_> {
    fn to_second(&self, state: &[f64]) -> Vec<f64> {
        let mut translated = self.second_initial.to_vec();
        for component in &self.components.matched {
            translated[component.study_index] = state[component.policy_index];
        }
        translated
    }

    fn to_first(&self, state: &[f64]) -> Vec<f64> {
        let mut translated = self.first_initial.to_vec();
        for component in &self.components.matched {
            translated[component.policy_index] = state[component.study_index];
        }
        translated
    }
}

fn compare_stage(
    first: &StoredPolicy,
    second: &StoredPolicy,
    t: usize,
    u: usize,
    given: &[Vec<f64>],
    components: &StateMatch,
) -> StageComparison {
    let translation = Translation {
        components,
        first_initial: &first.manifest().initial_state,
        second_initial: &second.manifest().initial_state,
    };
    let (one, other) = (&first.cuts()[t], &second.cuts()[u]);
    let values = |in_first: &[f64], in_second: &[f64]| [one.future_cost(in_first), other.future_cost(in_second)];
    let from_first = |state: &[f64]| values(state, &translation.to_second(state));
    let from_second = |state: &[f64]| values(&translation.to_first(state), state);

    let initial_value = from_first(&first.manifest().initial_state);
    let mut all = vec![initial_value];
    all.extend(given.iter().map(|state| from_first(state)));
    if let Some(states) = first.states().get(t) {
        all.extend((0..states.len()).map(|point| from_first(states.state(point))));
    }
    if let Some(states) = second.states().get(u) {
        all.extend((0..states.len()).map(|point| from_second(states.state(point))));
    }
    let (mut sum, mut largest, mut worst_value) = (0.0, 0.0, initial_value);
    for &values in &all {
        let difference = relative_difference(values);
        sum += difference;
        if difference > largest {
            (largest, worst_value) = (difference, values);
        }
    }
    StageComparison {
        stage_id: one.stage.stage_id,
        n_cuts: [one.len(), other.len()],
        initial_value,
        n_states: all.len(),
        max_relative_difference: largest,
        mean_relative_difference: sum / all.len() as f64,
        worst_value,
    }
}

fn relative_difference([one, other]: [f64; 2]) -> f64 {
    (one - other).abs() / one.abs().max(other.abs()).max(1.0)
}

impl fmt::Display for PolicyComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = |bound: Option<f64>| bound.map_or_else(|| "none".to_owned(), number);
        let mut table = TextTable::new(&["", "first", "second"]);
        table.row(vec!["iterations".to_owned(), self.iterations[0].to_string(), self.iterations[1].to_string()]);
        table.row(vec!["lower bound ($)".to_owned(), bound(self.lower_bounds[0]), bound(self.lower_bounds[1])]);
        table.row(vec!["cuts".to_owned(), self.n_cuts[0].to_string(), self.n_cuts[1].to_string()]);
        writeln!(f, "{table}\n")?;
        self.components.write(f, "the first policy", "the second policy")?;
        for (stages, side) in [(&self.only_in_first, "first"), (&self.only_in_second, "second")] {
            if !stages.is_empty() {
                let stages: Vec<String> = stages.iter().map(i32::to_string).collect();
                write!(f, "\nonly in the {side} policy: stages {}", stages.join(", "))?;
            }
        }
        let header = [
            "stage",
            "cuts, first",
            "cuts, second",
            "value, first ($)",
            "value, second ($)",
            "states",
            "largest difference",
            "mean difference",
        ];
        let mut table = TextTable::new(&header);
        for stage in &self.stages {
            table.row(vec![
                stage.stage_id.to_string(),
                stage.n_cuts[0].to_string(),
                stage.n_cuts[1].to_string(),
                number(stage.initial_value[0]),
                number(stage.initial_value[1]),
                stage.n_states.to_string(),
                format!("{:.2e}", stage.max_relative_difference),
                format!("{:.2e}", stage.mean_relative_difference),
            ]);
        }
        writeln!(f, "\n\n{table}\n")?;
        write!(f, "values at the initial state of the first policy, relative differences over all states")
    }
}
