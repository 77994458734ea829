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
