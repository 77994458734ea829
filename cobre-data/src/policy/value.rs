use std::fmt;
use std::path::Path;

use cobre_engine::cuts::{BindingCut, States};
use serde::Serialize;

use super::calendar::day_text;
use super::component::StateComponent;
use super::cuts::StageCuts;
use super::file::PolicyFile;
use super::stage_key::StageKey;
use super::stored::StoredPolicy;
use super::text_table::{TextTable, number};
use crate::output::OutputError;

/// The cost-to-go of a stage at a state, as a policy sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StateValue {
    /// The stage, at whose end the state is.
    #[serde(flatten)]
    pub stage: StageKey,
    /// Day of the state, in days since 1970-01-01: the one after the last day of the stage.
    pub end_day: Option<i32>,
    /// Cost from the next stage on, before the discount factor of the stage ($); 0 where no cut is above it.
    pub future_cost: f64,
    /// Id of the cut that is binding, the first of several; none where no cut is above 0.
    pub cut: Option<u32>,
    /// The state, component by component, with its values.
    pub components: Vec<ComponentValue>,
}

/// What one component of a state is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComponentValue {
    /// The component.
    #[serde(flatten)]
    pub component: StateComponent,
    /// Where it stands, in its unit.
    pub state: f64,
    /// Slope of the future cost ($ per unit); for storage the water value, negative where water saves money.
    pub gradient: f64,
}

impl StageCuts {
    /// The largest value of an active cut at `state` ($), at least 0; apart from rounding that of the engine.
    pub(super) fn future_cost(&self, state: &[f64]) -> f64 {
        let value = |id: usize| {
            let terms = self.coefficients_of(id).iter().zip(state);
            terms.fold(self.intercepts[id], |sum, (slope, x)| sum + slope * x)
        };
        self.active_ids().map(value).fold(0.0, f64::max)
    }
}

impl StoredPolicy {
    /// Position of the stage with this label.
    pub fn stage_index(&self, stage_id: i32) -> Option<usize> {
        self.manifest().stages.iter().position(|stage| stage.id == stage_id)
    }

    /// The cost-to-go at the end of the stage at position `stage_index`, `state` being in the order and units of the
    /// components of the policy.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] when there is no such stage, or the state has another number of components.
    pub fn value_at(&self, stage_index: usize, state: &[f64]) -> Result<StateValue, OutputError> {
        let manifest = self.manifest();
        check_state(state, manifest.components.len())?;
        let Some(cuts) = self.cuts().get(stage_index) else {
            let message = format!("stage at position {stage_index} asked for, the policy has {}", self.cuts().len());
            return Err(OutputError::schema(Path::new(&PolicyFile::Manifest.path()), message));
        };
        // The engine's own sum, so that the value is the same to the last bit.
        let path = PolicyFile::Cuts(stage_index as u32).path();
        let pool = cuts.to_pool().map_err(|error| OutputError::serialization(Path::new(&path), error))?;
        let states = States::from_rows(state, pool.dimension(), 1);
        let BindingCut { future_cost, id: cut } = pool.binding_cuts(states)[0];
        let gradient = |j: usize| cut.map_or(0.0, |id| pool.coefficient(id, j));
        let components = manifest.components.iter().zip(state).enumerate();
        Ok(StateValue {
            stage: cuts.stage,
            end_day: cuts.end_day,
            future_cost,
            cut,
            components: components
                .map(|(j, (component, &state))| ComponentValue {
                    component: component.clone(),
                    state,
                    gradient: gradient(j),
                })
                .collect(),
        })
    }
}

/// Refuses a state of another dimension.
pub(super) fn check_state(state: &[f64], dimension: usize) -> Result<(), OutputError> {
    if state.len() == dimension {
        return Ok(());
    }
    let message = format!("a state of {} components, the policy has {dimension}", state.len());
    Err(OutputError::schema(Path::new(&PolicyFile::Manifest.path()), message))
}

impl fmt::Display for StateValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stage, end_day, future_cost, cut, .. } = self;
        writeln!(f, "stage {}, state at the start of {}", stage.stage_id, day_text(*end_day))?;
        writeln!(f, "future cost  {} $", number(*future_cost))?;
        match cut {
            Some(id) => writeln!(f, "binding cut  {id}\n")?,
            None => writeln!(f, "binding cut  none\n")?,
        }
        let mut table = TextTable::new(&["component", "state", "unit", "gradient ($/unit)"]);
        for value in &self.components {
            let component = value.component.to_string();
            table.row(vec![component, number(value.state), value.component.unit.clone(), number(value.gradient)]);
        }
        write!(f, "{table}")
    }
}
