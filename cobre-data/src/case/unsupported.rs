//! What the format knows and this reader refuses.

/// `(code, what is not supported, what to do)`; the first text reads before "not supported".
pub(super) const UNSUPPORTED: &[(&str, &str, &str)] = &[
    (
        "unsupported.anticipated_thermals",
        "thermal plants dispatched ahead of time are",
        "remove anticipated_config and the data of anticipated deliveries",
    ),
    (
        "unsupported.branching_graph",
        "transitions other than from each stage to the next are",
        "remove policy_graph.transitions, or keep one per stage with probability 1",
    ),
    ("unsupported.chronological_blocks", "chronological blocks are", "set block_mode to \"parallel\""),
    ("unsupported.contracts", "energy contracts are", "model an import as a thermal plant"),
    (
        "unsupported.dynamic_cut_selection",
        "the method \"dynamic\", which chooses the cuts that become rows of a solve (solves here always add the cuts that \
         are violated, and no others), is",
        "remove cut_selection.selection, or choose level1, lml1 or domination",
    ),
    ("unsupported.cyclic_graph", "a cyclic policy graph is", "set policy_graph.type to \"finite_horizon\""),
    ("unsupported.enumerated_selection", "enumerating all paths is", "set selection.method to \"sampled\""),
    (
        "unsupported.estimation",
        "estimating the inflow model from history is",
        "give inflow_seasonal_stats.parquet and, with inflow_history.parquet, inflow_ar_coefficients.parquet",
    ),
    ("unsupported.evaporation", "evaporation is", "remove the evaporation of the plant, or add it to its withdrawal"),
    (
        "unsupported.exports",
        "points of the piecewise-linear production function are",
        "set exports.fpha_deviation_points to false",
    ),
    ("unsupported.external_scenarios", "given scenarios are", "remove the file, or give openings instead"),
    ("unsupported.filling", "filling of reservoirs is", "start the study when the reservoirs are filled"),
    ("unsupported.fpha", "the piecewise-linear production function is", "use the model constant_productivity"),
    ("unsupported.gap_rule", "stopping on the gap is", "use bound_stalling or iteration_limit"),
    ("unsupported.generic_constraints", "generic constraints are", "remove the file, or empty its constraints"),
    ("unsupported.generic_parameters", "generic parameters are", "remove the file, or empty its list"),
    (
        "unsupported.hydro_entry_exit",
        "a hydro plant that is not in operation during the whole study is",
        "remove the entry and exit stages, or the plant",
    ),
    ("unsupported.linearized_head", "the linearised head model is", "use the model constant_productivity"),
    ("unsupported.node_graph", "a graph of nodes is", "remove policy_graph.nodes"),
    ("unsupported.non_controllable_sources", "non-controllable sources are", "subtract their energy from the demand"),
    ("unsupported.annual_component", "the annual component of the inflow model is", "remove the file"),
    (
        "unsupported.plant_minimum_over_several_buses",
        "a minimum of a whole plant whose unit groups feed several buses is",
        "give the minimum in the unit groups",
    ),
    ("unsupported.policy_boundary", "a boundary policy is", "remove policy.boundary"),
    ("unsupported.post_study_stages", "stages after the study are", "remove the file"),
    ("unsupported.pumping", "pumping stations are", "remove the stations"),
    (
        "unsupported.sampling_method",
        "this way of sampling openings is",
        "set sampling_method to \"saa\" or \"lhs\", or give the openings in a file",
    ),
    ("unsupported.scenario_scheme", "this scenario scheme is", "set the scheme to \"in_sample\""),
    ("unsupported.season_cycle", "this cycle of seasons is", "declare the twelve months, with ids in calendar order"),
    (
        "unsupported.stage_season_mismatch",
        "an autoregressive inflow model over stages that are not calendar months is",
        "make every stage one calendar month, or remove the coefficients",
    ),
    (
        "unsupported.storage_not_in_state",
        "leaving the storage out of the state is",
        "set state_variables.storage to true",
    ),
    ("unsupported.travel_time", "travel time of water is", "remove travel_time_hours and past_defluences"),
    ("unsupported.unit_group_bounds", "bounds of unit groups per stage are", "give bounds of the plant"),
    ("unsupported.upper_bound_evaluation", "evaluating an upper bound is", "remove upper_bound_evaluation"),
];

/// What a code refuses and what to do about it.
pub(super) fn describe(code: &str) -> (&'static str, &'static str) {
    UNSUPPORTED.iter().find(|entry| entry.0 == code).map_or(("this is", ""), |entry| (entry.1, entry.2))
}

#[cfg(test)]
mod tests {
    use super::UNSUPPORTED;

    #[test]
    fn every_code_is_listed_once_and_says_what_to_do() {
        let codes: std::collections::BTreeSet<_> = UNSUPPORTED.iter().map(|entry| entry.0).collect();
        assert_eq!(codes.len(), UNSUPPORTED.len());
        for (code, what, hint) in UNSUPPORTED {
            assert!(code.starts_with("unsupported.") && !what.is_empty() && !hint.is_empty(), "{code}");
        }
    }
}
