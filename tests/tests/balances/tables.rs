use cobre_data::output::Run;

use super::columns::Columns;

/// The simulation tables of a run.
#[derive(Clone)]
pub(super) struct Tables {
    pub(super) costs: Columns,
    pub(super) block_costs: Columns,
    pub(super) hydros: Columns,
    pub(super) cells: Columns,
    pub(super) thermals: Columns,
    pub(super) exchanges: Columns,
    pub(super) buses: Columns,
    pub(super) inflow_lags: Columns,
    pub(super) scenario_summary: Columns,
}

impl Tables {
    pub(super) fn read(run: &Run) -> Self {
        let read = |name: &str| {
            let batches = run.read_table(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            Columns::of(&batches)
        };
        Self {
            costs: read("costs"),
            block_costs: read("block_costs"),
            hydros: read("hydros"),
            cells: read("hydro_bus_generation"),
            thermals: read("thermals"),
            exchanges: read("exchanges"),
            buses: read("buses"),
            inflow_lags: read("inflow_lags"),
            scenario_summary: read("scenario_summary"),
        }
    }

    /// Scenarios that the tables hold.
    pub(super) fn scenarios(&self) -> &[i32] {
        self.scenario_summary.ids("scenario_id")
    }
}
