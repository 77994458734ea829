use std::fmt;

use cobre_engine::Study;
use cobre_engine::subproblem::StateLayout;
use serde::Serialize;

/// What a component of the state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StateKind {
    /// Water in a reservoir at the end of a stage (hm³).
    Storage,
    /// Natural inflow of an earlier stage (m³/s).
    InflowLag,
}

impl StateKind {
    /// Name in tables and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::InflowLag => "inflow_lag",
        }
    }

    /// Unit of such a component.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Storage => "hm3",
            Self::InflowLag => "m3/s",
        }
    }
}

/// Which thing of the study a position of the state vector is. Kind, label and lag are its identity; the name is for
/// people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateComponent {
    /// What it is.
    pub kind: StateKind,
    /// Label of the plant in the case.
    pub entity_id: i32,
    /// Its name.
    pub entity_name: String,
    /// 1 for the most recent inflow; 0 for storage.
    pub lag: u32,
    /// Unit of the component.
    pub unit: String,
}

impl StateComponent {
    /// What two components have in common when they are the same.
    pub fn identity(&self) -> (StateKind, i32, u32) {
        (self.kind, self.entity_id, self.lag)
    }

    /// Name as a column and as a field of a state: `storage_1`, `inflow_lag_1_2` (plant 1, lag 2).
    pub fn column_name(&self) -> String {
        let Self { kind, entity_id, lag, .. } = self;
        match lag {
            0 => format!("{}_{entity_id}", kind.name()),
            lag => format!("{}_{entity_id}_{lag}", kind.name()),
        }
    }
}

impl fmt::Display for StateComponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entity_id, entity_name, lag, .. } = self;
        match self.kind {
            StateKind::Storage => write!(f, "storage of plant {entity_id} ({entity_name})"),
            StateKind::InflowLag => write!(f, "inflow lag {lag} of plant {entity_id} ({entity_name})"),
        }
    }
}

/// The components of the state vector of a study, in its order.
pub fn state_components(study: &Study) -> Vec<StateComponent> {
    let layout = StateLayout::new(study);
    let hydros = study.system.hydros();
    let component = |h: usize, kind: StateKind, lag: usize| StateComponent {
        kind,
        entity_id: hydros[h].id,
        entity_name: hydros[h].name.clone(),
        lag: lag as u32,
        unit: kind.unit().to_owned(),
    };
    let mut components: Vec<(usize, StateComponent)> = Vec::with_capacity(layout.dimension());
    for h in 0..layout.n_hydros() {
        components.push((layout.storage(h), component(h, StateKind::Storage, 0)));
        for l in 0..layout.n_lags() {
            components.push((layout.lag(h, l), component(h, StateKind::InflowLag, l + 1)));
        }
    }
    components.sort_by_key(|&(position, _)| position);
    components.into_iter().map(|(_, component)| component).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_by_kind_plant_and_lag() {
        let name = |kind: StateKind, entity_id, lag| {
            let (entity_name, unit) = ("Upper Pond".to_owned(), kind.unit().to_owned());
            StateComponent { kind, entity_id, entity_name, lag, unit }.column_name()
        };
        assert_eq!(name(StateKind::Storage, 12, 0), "storage_12");
        assert_eq!(name(StateKind::InflowLag, 1, 2), "inflow_lag_1_2");
    }
}
