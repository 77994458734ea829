use cobre_engine::sddp::SolverStatistics;
use cobre_engine::simulation::{
    Bucket, BusBlockOutcome, CostBreakdown, HydroBlockOutcome, HydroOutcome, LineBlockOutcome, StageOutcome,
};

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::run::RunFolder;
use super::grid::Grid;
use super::inflow_lags::InflowLags;
use super::layout::Layout;
use super::table_folder::TableFolder;
use super::{buses, costs, exchanges, hydros, thermals};

/// Outcomes of one bucket, in the order of the tables.
pub(super) struct BucketRows {
    bucket: Bucket,
    n_stages_done: usize,
    costs: Grid<CostBreakdown>,
    hydros: Grid<HydroOutcome>,
    hydro_blocks: Grid<HydroBlockOutcome>,
    cells: Grid<(f64, f64)>,
    thermals: Grid<f64>,
    lines: Grid<LineBlockOutcome>,
    buses: Grid<BusBlockOutcome>,
    inflow_lags: InflowLags,
    /// Simplex iterations, element `scenario·n_stages + stage`.
    solver: Vec<SolverStatistics>,
}

impl BucketRows {
    pub(super) fn new(layout: &Layout, bucket: Bucket) -> Self {
        let n = bucket.n_scenarios;
        let per_stage = vec![1; layout.n_stages()];
        let blocks = &layout.n_blocks;
        Self {
            bucket,
            n_stages_done: 0,
            costs: Grid::new(1, n, &per_stage),
            hydros: Grid::new(layout.hydros.len(), n, &per_stage),
            hydro_blocks: Grid::new(layout.hydros.len(), n, blocks),
            cells: Grid::new(layout.cells.len(), n, blocks),
            thermals: Grid::new(layout.thermals.len(), n, blocks),
            lines: Grid::new(layout.lines.len(), n, blocks),
            buses: Grid::new(layout.buses.len(), n, blocks),
            inflow_lags: InflowLags::new(layout, n),
            solver: vec![SolverStatistics::default(); n * layout.n_stages()],
        }
    }

    /// Makes the memory of a finished bucket ready for another of the same size; every row will be replaced.
    pub(super) fn restart(mut self, layout: &Layout, bucket: Bucket) -> Self {
        if self.bucket.n_scenarios != bucket.n_scenarios {
            return Self::new(layout, bucket);
        }
        self.bucket = bucket;
        self.n_stages_done = 0;
        self
    }

    pub(super) fn bucket(&self) -> Bucket {
        self.bucket
    }

    pub(super) fn n_stages_done(&self) -> usize {
        self.n_stages_done
    }

    /// Element `scenario·n_stages + stage`.
    pub(super) fn solver(&self) -> &[SolverStatistics] {
        &self.solver
    }

    /// Puts the outcomes of the next stage in place.
    pub(super) fn put(&mut self, layout: &Layout, stage: usize, outcomes: &[StageOutcome]) -> Result<(), String> {
        let n_blocks = layout.n_blocks[stage];
        let of = |position: usize| position * n_blocks..(position + 1) * n_blocks;
        for (scenario, outcome) in outcomes.iter().enumerate() {
            layout
                .check(stage, outcome)
                .and_then(|()| self.inflow_lags.put(layout, stage, scenario, &outcome.inflow_lags_m3s))
                .map_err(|problem| {
                    format!("scenario {}, stage position {stage}: {problem}", self.bucket.first_scenario + scenario)
                })?;
            self.costs.put(0, stage, scenario, &[outcome.cost]);
            self.solver[scenario * layout.n_stages() + stage] = outcome.solver;
            for (entity, &h) in layout.hydros.iter().enumerate() {
                self.hydros.put(entity, stage, scenario, &outcome.hydros[h..=h]);
                self.hydro_blocks.put(entity, stage, scenario, &outcome.hydro_blocks[of(h)]);
            }
            for (entity, cell) in layout.cells.iter().enumerate() {
                self.cells.put(entity, stage, scenario, &outcome.cells[of(cell.position)]);
            }
            for (entity, &thermal) in layout.thermals.iter().enumerate() {
                self.thermals.put(entity, stage, scenario, &outcome.thermal_mw[of(thermal)]);
            }
            for (entity, &line) in layout.lines.iter().enumerate() {
                self.lines.put(entity, stage, scenario, &outcome.lines[of(line)]);
            }
            for (entity, &bus) in layout.buses.iter().enumerate() {
                self.buses.put(entity, stage, scenario, &outcome.buses[of(bus)]);
            }
        }
        self.n_stages_done = stage + 1;
        Ok(())
    }

    /// Writes one file per table that has rows.
    pub(super) fn write(&self, run: &RunFolder, layout: &Layout) -> Result<Vec<FileRecord>, OutputError> {
        if self.bucket.n_scenarios == 0 {
            return Ok(Vec::new());
        }
        let folder = TableFolder { run, layout, bucket: self.bucket };
        let files = [
            Some(costs::write(&folder, &self.costs)?),
            hydros::write(&folder, &self.hydros, &self.hydro_blocks)?,
            hydros::write_cells(&folder, &self.cells)?,
            thermals::write(&folder, &self.thermals)?,
            exchanges::write(&folder, &self.lines)?,
            buses::write(&folder, &self.buses)?,
            self.inflow_lags.write(&folder)?,
        ];
        Ok(files.into_iter().flatten().collect())
    }
}
