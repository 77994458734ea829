use std::collections::BTreeMap;

use serde::Serialize;

/// Kinds of entities.
pub(super) mod entity {
    pub(in super::super) const HYDRO: i8 = 0;
    pub(in super::super) const THERMAL: i8 = 1;
    pub(in super::super) const BUS: i8 = 2;
    pub(in super::super) const LINE: i8 = 3;
    pub(in super::super) const HYDRO_UNIT_GROUP: i8 = 8;
}

/// Kinds of limits.
pub(super) mod bound {
    pub(in super::super) const STORAGE_MIN: i8 = 0;
    pub(in super::super) const STORAGE_MAX: i8 = 1;
    pub(in super::super) const TURBINED_MIN: i8 = 2;
    pub(in super::super) const TURBINED_MAX: i8 = 3;
    pub(in super::super) const OUTFLOW_MIN: i8 = 4;
    pub(in super::super) const OUTFLOW_MAX: i8 = 5;
    pub(in super::super) const GENERATION_MIN: i8 = 6;
    pub(in super::super) const GENERATION_MAX: i8 = 7;
    pub(in super::super) const FLOW_MIN: i8 = 8;
    pub(in super::super) const FLOW_MAX: i8 = 9;
    pub(in super::super) const SPILLAGE_MIN: i8 = 10;
    pub(in super::super) const SPILLAGE_MAX: i8 = 11;
    pub(in super::super) const DIVERSION_MIN: i8 = 12;
    pub(in super::super) const DIVERSION_MAX: i8 = 13;
}

type Labels = BTreeMap<i8, &'static str>;

/// `codes.json`.
#[derive(Serialize)]
pub(super) struct Codes {
    version: &'static str,
    generated_at: String,
    operative_state: Labels,
    storage_binding: Labels,
    contract_type: Labels,
    entity_type: Labels,
    bound_type: Labels,
}

impl Codes {
    pub(super) fn new(generated_at: String) -> Self {
        Self {
            version: "1.0",
            generated_at,
            operative_state: [(0, "deactivated"), (1, "maintenance"), (2, "operating"), (3, "saturated")].into(),
            storage_binding: [(0, "none"), (1, "below_minimum"), (2, "above_maximum"), (3, "both")].into(),
            contract_type: [(0, "import"), (1, "export")].into(),
            entity_type: [
                (entity::HYDRO, "hydro"),
                (entity::THERMAL, "thermal"),
                (entity::BUS, "bus"),
                (entity::LINE, "line"),
                (4, "pumping_station"),
                (5, "contract"),
                (7, "non_controllable"),
                (entity::HYDRO_UNIT_GROUP, "hydro_unit_group"),
            ]
            .into(),
            bound_type: [
                (bound::STORAGE_MIN, "storage_min"),
                (bound::STORAGE_MAX, "storage_max"),
                (bound::TURBINED_MIN, "turbined_min"),
                (bound::TURBINED_MAX, "turbined_max"),
                (bound::OUTFLOW_MIN, "outflow_min"),
                (bound::OUTFLOW_MAX, "outflow_max"),
                (bound::GENERATION_MIN, "generation_min"),
                (bound::GENERATION_MAX, "generation_max"),
                (bound::FLOW_MIN, "flow_min"),
                (bound::FLOW_MAX, "flow_max"),
                (bound::SPILLAGE_MIN, "spillage_min"),
                (bound::SPILLAGE_MAX, "spillage_max"),
                (bound::DIVERSION_MIN, "diversion_min"),
                (bound::DIVERSION_MAX, "diversion_max"),
            ]
            .into(),
        }
    }
}
