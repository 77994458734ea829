//! Ready-made answers to what is asked of every run, as views over its tables.

mod view;

use std::sync::Arc;

use crate::catalog::{Entry, Tables};
use view::View;

/// All views, by name.
const VIEWS: &[View] = &[
    View { name: "block_hours", definition: include_str!("block_hours.sql"), tables: &["buses"] },
    View {
        name: "convergence_progress",
        definition: include_str!("convergence_progress.sql"),
        tables: &["convergence"],
    },
    View { name: "cost_distribution", definition: include_str!("cost_distribution.sql"), tables: &["cost_statistics"] },
    View { name: "deficit_risk", definition: include_str!("deficit_risk.sql"), tables: &["buses"] },
    View {
        name: "generation_mix",
        definition: include_str!("generation_mix.sql"),
        tables: &["hydros", "thermals", "buses", "scenario_summary"],
    },
    View { name: "marginal_cost_duration", definition: include_str!("marginal_cost_duration.sql"), tables: &["buses"] },
    View { name: "storage_quantiles", definition: include_str!("storage_quantiles.sql"), tables: &["hydros"] },
    View { name: "water_values", definition: include_str!("water_values.sql"), tables: &["hydros"] },
];

/// The tables, and the views that can be made of them: without a simulation there is none over its tables.
pub(crate) fn with_views(tables: Tables) -> Tables {
    let base = Arc::new(tables);
    let possible = VIEWS.iter().filter(|view| view.tables.iter().all(|&table| base.contains_key(table)));
    let views = possible.filter(|view| !base.contains_key(view.name)).map(|view| {
        let base = Arc::clone(&base);
        (view.name.to_owned(), Entry::possible(move || view.open(Arc::clone(&base))))
    });
    let mut all = Tables::clone(&base);
    all.extend(views);
    all
}
