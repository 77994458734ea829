use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::component::StateComponent;

/// A component that policy and study have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MatchedComponent {
    /// The component, as the study names it.
    pub component: StateComponent,
    /// Its position in the policy.
    pub policy_index: usize,
    /// Its position in the study.
    pub study_index: usize,
    /// Its name in the policy, where that is another one.
    pub policy_name: Option<String>,
    /// Its unit in the policy, where that is another one.
    pub policy_unit: Option<String>,
}

/// A component that one side alone has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoneComponent {
    /// The component.
    pub component: StateComponent,
    /// Its position on the side that has it.
    pub index: usize,
}

/// Which components of a policy are which of a study: by kind, label of the plant and lag, whatever the order and the
/// names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateMatch {
    /// In both, in the order of the study.
    pub matched: Vec<MatchedComponent>,
    /// In the policy alone, in its order.
    pub only_in_policy: Vec<LoneComponent>,
    /// In the study alone, in its order.
    pub only_in_study: Vec<LoneComponent>,
}

/// Matches the components of a policy with those of a study, or of another policy.
pub fn match_components(policy: &[StateComponent], study: &[StateComponent]) -> StateMatch {
    let mut unmatched: BTreeMap<_, usize> = policy.iter().enumerate().map(|(i, c)| (c.identity(), i)).collect();
    let (mut matched, mut only_in_study) = (Vec::new(), Vec::new());
    for (study_index, component) in study.iter().enumerate() {
        let component = component.clone();
        match unmatched.remove(&component.identity()) {
            Some(policy_index) => {
                let other = &policy[policy_index];
                matched.push(MatchedComponent {
                    policy_index,
                    study_index,
                    policy_name: (other.entity_name != component.entity_name).then(|| other.entity_name.clone()),
                    policy_unit: (other.unit != component.unit).then(|| other.unit.clone()),
                    component,
                });
            }
            None => only_in_study.push(LoneComponent { component, index: study_index }),
        }
    }
    let mut left: Vec<usize> = unmatched.into_values().collect();
    left.sort_unstable();
    let only_in_policy =
        left.into_iter().map(|index| LoneComponent { component: policy[index].clone(), index }).collect();
    StateMatch { matched, only_in_policy, only_in_study }
}

impl StateMatch {
    /// Whether the state is the same on both sides, order included. Names may differ.
    pub fn is_identical(&self) -> bool {
        self.only_in_policy.is_empty()
            && self.only_in_study.is_empty()
            && self.matched.iter().all(|c| c.policy_index == c.study_index && c.policy_unit.is_none())
    }

    /// Components whose names differ: the label may have been given to another plant.
    pub fn renamed(&self) -> impl Iterator<Item = &MatchedComponent> {
        self.matched.iter().filter(|component| component.policy_name.is_some())
    }
}

impl StateMatch {
    /// Writes what matches and what does not, `policy` and `study` being the names of the two sides.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, policy: &str, study: &str) -> fmt::Result {
        let n_matched = self.matched.len();
        let (n_policy, n_study) = (n_matched + self.only_in_policy.len(), n_matched + self.only_in_study.len());
        write!(f, "state: {n_matched} components matched, of {n_policy} in {policy} and {n_study} in {study}")?;
        for MatchedComponent { component, policy_name, policy_unit, .. } in &self.matched {
            if let Some(name) = policy_name {
                write!(f, "\n  warning: {component} is named {name:?} in {policy}: is it the same plant?")?;
            }
            if let Some(unit) = policy_unit {
                write!(f, "\n  warning: {component} is in {unit} in {policy}, in {} in {study}", component.unit)?;
            }
        }
        for lone in &self.only_in_policy {
            write!(f, "\n  only in {policy}: {}", lone.component)?;
        }
        for lone in &self.only_in_study {
            write!(f, "\n  only in {study}: {}", lone.component)?;
        }
        Ok(())
    }
}

impl fmt::Display for StateMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, "the policy", "the study")
    }
}
