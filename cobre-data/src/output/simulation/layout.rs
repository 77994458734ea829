use cobre_engine::simulation::StageOutcome;
use cobre_engine::system::System;

/// A cell of a plant: its units on one bus.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    /// Position in [`StageOutcome::cells`].
    pub(super) position: usize,
    pub(super) hydro_id: i32,
    pub(super) bus_id: i32,
}

/// What the tables need to know of a study: order of entities, durations, productivities.
pub(super) struct Layout {
    pub(super) system: System,
    /// Positions of the plants by id; ids of entities are sorted in the files.
    pub(super) hydros: Vec<usize>,
    pub(super) thermals: Vec<usize>,
    pub(super) lines: Vec<usize>,
    pub(super) buses: Vec<usize>,
    /// Cells by (plant id, bus id).
    pub(super) cells: Vec<Cell>,
    /// Blocks per stage.
    pub(super) n_blocks: Vec<usize>,
    /// Block durations per stage (h).
    pub(super) hours: Vec<Vec<f64>>,
    /// Productivity summed down the cascade, `[stage][hydro]` (MW per m³/s).
    pub(super) accumulated_productivity: Vec<Vec<f64>>,
    /// Whether another plant diverts water into the plant.
    pub(super) receives_diversion: Vec<bool>,
    /// Whether labels of stages increase, so that rows ordered by stage are ordered by label.
    pub(super) stage_ids_increase: bool,
}

impl Layout {
    pub(super) fn new(system: &System) -> Self {
        let stages = system.stages();
        let hydros = by_id(system.hydros().iter().map(|hydro| hydro.id));
        let mut receives_diversion = vec![false; system.n_hydros()];
        for target in system.hydros().iter().filter_map(|hydro| hydro.diversion_downstream) {
            receives_diversion[target] = true;
        }
        Self {
            hydros,
            thermals: by_id(system.thermals().iter().map(|thermal| thermal.id)),
            lines: by_id(system.lines().iter().map(|line| line.id)),
            buses: by_id(system.buses().iter().map(|bus| bus.id)),
            cells: cells_by_id(system),
            n_blocks: stages.iter().map(|stage| stage.blocks.len()).collect(),
            hours: stages.iter().map(|stage| stage.blocks.iter().map(|block| block.hours).collect()).collect(),
            accumulated_productivity: (0..stages.len()).map(|stage| accumulate(system, stage)).collect(),
            receives_diversion,
            stage_ids_increase: stages.windows(2).all(|pair| pair[0].id < pair[1].id),
            system: system.clone(),
        }
    }

    pub(super) fn n_stages(&self) -> usize {
        self.n_blocks.len()
    }

    /// Checks that an outcome has the vectors the study needs.
    pub(super) fn check(&self, stage: usize, outcome: &StageOutcome) -> Result<(), String> {
        let n_blocks = self.n_blocks[stage];
        let n_hydros = self.hydros.len();
        for (name, found, expected) in [
            ("block_costs", outcome.block_costs.len(), n_blocks),
            ("hydros", outcome.hydros.len(), n_hydros),
            ("hydro_blocks", outcome.hydro_blocks.len(), n_hydros * n_blocks),
            ("cells", outcome.cells.len(), self.cells.len() * n_blocks),
            ("thermal_mw", outcome.thermal_mw.len(), self.thermals.len() * n_blocks),
            ("lines", outcome.lines.len(), self.lines.len() * n_blocks),
            ("buses", outcome.buses.len(), self.buses.len() * n_blocks),
        ] {
            if found != expected {
                return Err(format!("{found} values of {name}, expected {expected}"));
            }
        }
        let n_lags = outcome.inflow_lags_m3s.len();
        if n_lags > 0 && (n_hydros == 0 || !n_lags.is_multiple_of(n_hydros)) {
            return Err(format!("{n_lags} values of inflow_lags_m3s, expected a multiple of {n_hydros}"));
        }
        Ok(())
    }
}

/// Positions in the order of their labels; equal labels keep their order.
fn by_id(ids: impl Iterator<Item = i32>) -> Vec<usize> {
    let mut labelled: Vec<(i32, usize)> = ids.enumerate().map(|(position, id)| (id, position)).collect();
    labelled.sort_unstable();
    labelled.into_iter().map(|(_, position)| position).collect()
}

fn cells_by_id(system: &System) -> Vec<Cell> {
    let mut cells = Vec::new();
    for hydro in system.hydros() {
        for bus in hydro.cell_buses() {
            cells.push(Cell { position: cells.len(), hydro_id: hydro.id, bus_id: system.buses()[bus].id });
        }
    }
    cells.sort_by_key(|cell| (cell.hydro_id, cell.bus_id, cell.position));
    cells
}

/// Productivity of every plant plus that of all plants its water passes on the way down.
fn accumulate(system: &System, stage: usize) -> Vec<f64> {
    let hydros = system.hydros();
    let mut accumulated = vec![0.0; hydros.len()];
    for &h in system.cascade_order().iter().rev() {
        let below = hydros[h].downstream.map_or(0.0, |downstream| accumulated[downstream]);
        accumulated[h] = hydros[h].stages[stage].productivity_mw_per_m3s + below;
    }
    accumulated
}
