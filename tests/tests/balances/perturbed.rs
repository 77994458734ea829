//! The checks find a single value that is off, wherever it stands.

use super::columns::Columns;
use super::tables::Tables;
use super::{all_faults, eventful_study, recorded};

/// A table among the others.
type Access = fn(&mut Tables) -> &mut Columns;

/// Values that enter a balance or a cost: table and column.
const JUDGED: &[(&str, Access, &[&str])] = &[
    (
        "hydros",
        |tables| &mut tables.hydros,
        &[
            "turbined_m3s",
            "spillage_m3s",
            "outflow_m3s",
            "diverted_inflow_m3s",
            "diverted_outflow_m3s",
            "incremental_inflow_m3s",
            "storage_initial_hm3",
            "storage_final_hm3",
            "generation_mw",
            "generation_mwh",
            "turbined_slack_m3s",
            "outflow_slack_below_m3s",
            "outflow_slack_above_m3s",
            "generation_slack_mw",
            "inflow_nonnegativity_slack_m3s",
            "water_withdrawal_violation_pos_m3s",
            "water_withdrawal_violation_neg_m3s",
        ],
    ),
    ("hydro_bus_generation", |tables| &mut tables.cells, &["turbined_m3s", "generation_mw"]),
    ("thermals", |tables| &mut tables.thermals, &["generation_mw", "generation_mwh", "generation_cost"]),
    (
        "exchanges",
        |tables| &mut tables.exchanges,
        &["direct_flow_mw", "reverse_flow_mw", "net_flow_mw", "exchange_cost"],
    ),
    ("buses", |tables| &mut tables.buses, &["load_mw", "load_mwh", "deficit_mw", "excess_mw"]),
    (
        "costs",
        |tables| &mut tables.costs,
        &[
            "total_cost",
            "immediate_cost",
            "future_cost",
            "discount_factor",
            "thermal_cost",
            "deficit_cost",
            "spillage_cost",
            "hydro_violation_cost",
            "withdrawal_violation_cost",
        ],
    ),
    ("block_costs", |tables| &mut tables.block_costs, &["block_cost", "thermal_cost", "deficit_cost", "spillage_cost"]),
    ("inflow_lags", |tables| &mut tables.inflow_lags, &["inflow_m3s"]),
    ("scenario_summary", |tables| &mut tables.scenario_summary, &["discounted_immediate_cost"]),
];

#[test]
fn one_value_that_is_off_is_found() {
    let study = eventful_study();
    let (recorded, _root) = recorded(&study);
    let tables = Tables::read(&recorded.run);
    assert_eq!(all_faults(&study, &tables), Vec::<String>::new(), "the tables must be sound to begin with");
    let mut missed = Vec::new();
    for (name, access, columns) in JUDGED {
        for column in *columns {
            let mut spoilt = tables.clone();
            let values = access(&mut spoilt).floats_mut(column);
            let row = values.len() / 2;
            values[row] = values[row] * 1.01 + 1.0;
            if column.ends_with("_cost") {
                values[row] += 1e6; // Costs of a stage are known relative to their total.
            }
            if all_faults(&study, &spoilt).is_empty() {
                missed.push(format!("{name}.{column}, row {row}"));
            }
        }
    }
    assert!(missed.is_empty(), "values off by more than one percent that no check found: {missed:?}");
}

#[test]
fn the_study_has_what_the_balances_are_about() {
    let study = eventful_study();
    let (recorded, _root) = recorded(&study);
    let tables = Tables::read(&recorded.run);
    for column in [
        "spillage_m3s",
        "diverted_outflow_m3s",
        "diverted_inflow_m3s",
        "outflow_slack_below_m3s",
        "inflow_nonnegativity_slack_m3s",
    ] {
        let used = tables.hydros.floats(column).iter().any(|value| *value > 0.0);
        assert!(used, "{column} is zero in every row, so its sign in the balance is not judged");
    }
    let net = tables.exchanges.floats("net_flow_mw");
    assert!(net.iter().any(|flow| *flow > 0.0) && net.iter().any(|flow| *flow < 0.0), "flows of one direction only");
    assert!(tables.buses.floats("deficit_mw").iter().any(|deficit| *deficit > 0.0), "no deficit");
    let known: Vec<&str> = tables.costs.float_names().collect();
    assert!(known.len() >= 20, "only {known:?} in the costs");
}
