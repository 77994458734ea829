//! Files whose content is refused; an empty registry is fine.

use super::{Shape, refused};

pub(in crate::case) static SOURCES: Shape = Shape {
    file: "system/non_controllable_sources.json",
    path: "",
    keys: &[refused("non_controllable_sources", "unsupported.non_controllable_sources")],
};
pub(in crate::case) static PUMPING: Shape = Shape {
    file: "system/pumping_stations.json",
    path: "",
    keys: &[refused("pumping_stations", "unsupported.pumping")],
};
pub(in crate::case) static CONTRACTS: Shape =
    Shape { file: "system/energy_contracts.json", path: "", keys: &[refused("contracts", "unsupported.contracts")] };
pub(in crate::case) static POST_STUDY: Shape = Shape {
    file: "post_study_stages.json",
    path: "",
    keys: &[
        refused("stages", "unsupported.post_study_stages"),
        refused("thermal_bounds", "unsupported.post_study_stages"),
    ],
};
pub(in crate::case) static GENERIC_CONSTRAINTS: Shape = Shape {
    file: "constraints/generic_constraints.json",
    path: "",
    keys: &[
        refused("constraints", "unsupported.generic_constraints"),
        refused("expressions", "unsupported.generic_constraints"),
    ],
};
pub(in crate::case) static GENERIC_PARAMETERS: Shape = Shape {
    file: "constraints/generic_parameters.json",
    path: "",
    keys: &[refused("scalar_parameters", "unsupported.generic_parameters")],
};
pub(in crate::case) static SOURCE_FACTORS: Shape = Shape {
    file: "scenarios/non_controllable_factors.json",
    path: "",
    keys: &[refused("non_controllable_factors", "unsupported.non_controllable_sources")],
};

#[cfg(test)]
pub(super) const SHAPES: &[&Shape] =
    &[&POST_STUDY, &SOURCES, &PUMPING, &CONTRACTS, &SOURCE_FACTORS, &GENERIC_CONSTRAINTS, &GENERIC_PARAMETERS];
