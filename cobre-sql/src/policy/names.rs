use cobre_data::policy::StateComponent;

/// Name of a state component as a column and as a field of a state: `storage_1`, `inflow_lag_1_2` (plant 1, lag 2).
pub(super) fn component_name(component: &StateComponent) -> String {
    let StateComponent { kind, entity_id, lag, .. } = component;
    match lag {
        0 => format!("{}_{entity_id}", kind.name()),
        lag => format!("{}_{entity_id}_{lag}", kind.name()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use cobre_data::policy::StateKind;

    #[test]
    fn components_are_named_by_kind_plant_and_lag() {
        let component = |kind: StateKind, entity_id, lag| {
            let (entity_name, unit) = ("Upper Pond".to_owned(), kind.unit().to_owned());
            component_name(&StateComponent { kind, entity_id, entity_name, lag, unit })
        };
        assert_eq!(component(StateKind::Storage, 12, 0), "storage_12");
        assert_eq!(component(StateKind::InflowLag, 1, 2), "inflow_lag_1_2");
    }

    #[test]
    fn long_lists_are_cut_short() {
        assert_eq!(listed([3, 5]), "3, 5");
        assert_eq!(listed(0..10), "0, 1, 2, 3, 4, 5, 6, 7, and 2 more");
    }
}
