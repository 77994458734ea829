use std::fmt;

use super::super::range::Range;
use super::super::table::{Column, Kind, Presence, TableShape};
use super::super::tables::NOISE_OPENINGS;

/// What given scenarios are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScenarioKind {
    /// Inflow of hydro plants (m³/s): `external_inflow_scenarios.parquet`.
    Inflow,
    /// Demand of buses (MW): `external_load_scenarios.parquet`.
    Load,
    /// Availability of non-controllable sources, a factor: `external_ncs_scenarios.parquet`.
    Availability,
    /// Noise of openings, in standard deviations: `noise_openings.parquet`.
    Noise,
}

/// The columns of a kind: its table, and the names of scenario, entity and value.
pub(super) struct Columns {
    pub(super) kind: ScenarioKind,
    pub(super) shape: &'static TableShape,
    pub(super) scenario: &'static str,
    pub(super) entity: &'static str,
    pub(super) value: &'static str,
}

macro_rules! external_table {
    ($file:literal, $entity:literal, $value:literal, $range:expr) => {
        TableShape {
            file: $file,
            columns: &[
                Column { name: "stage_id", kind: Kind::Id, presence: Presence::Required },
                Column { name: "scenario_id", kind: Kind::Id, presence: Presence::Required },
                Column { name: $entity, kind: Kind::Id, presence: Presence::Required },
                Column { name: $value, kind: Kind::Number($range), presence: Presence::Required },
            ],
        }
    };
}

static INFLOW: TableShape =
    external_table!("scenarios/external_inflow_scenarios.parquet", "hydro_id", "value_m3s", Range::FINITE);
static LOAD: TableShape =
    external_table!("scenarios/external_load_scenarios.parquet", "bus_id", "value_mw", Range::FINITE);
static AVAILABILITY: TableShape =
    external_table!("scenarios/external_ncs_scenarios.parquet", "ncs_id", "availability_factor", Range::SHARE);

static INFLOW_COLUMNS: Columns = Columns {
    kind: ScenarioKind::Inflow,
    shape: &INFLOW,
    scenario: "scenario_id",
    entity: "hydro_id",
    value: "value_m3s",
};
static LOAD_COLUMNS: Columns =
    Columns { kind: ScenarioKind::Load, shape: &LOAD, scenario: "scenario_id", entity: "bus_id", value: "value_mw" };
static AVAILABILITY_COLUMNS: Columns = Columns {
    kind: ScenarioKind::Availability,
    shape: &AVAILABILITY,
    scenario: "scenario_id",
    entity: "ncs_id",
    value: "availability_factor",
};
static NOISE_COLUMNS: Columns = Columns {
    kind: ScenarioKind::Noise,
    shape: &NOISE_OPENINGS,
    scenario: "opening_index",
    entity: "entity_index",
    value: "value",
};

impl ScenarioKind {
    pub(super) const ALL: [Self; 4] = [Self::Inflow, Self::Load, Self::Availability, Self::Noise];

    pub(super) fn columns(self) -> &'static Columns {
        match self {
            Self::Inflow => &INFLOW_COLUMNS,
            Self::Load => &LOAD_COLUMNS,
            Self::Availability => &AVAILABILITY_COLUMNS,
            Self::Noise => &NOISE_COLUMNS,
        }
    }

    /// `inflow`, `load`, `availability` or `noise`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inflow => "inflow",
            Self::Load => "load",
            Self::Availability => "availability",
            Self::Noise => "noise",
        }
    }
}

impl fmt::Display for ScenarioKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
