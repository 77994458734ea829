use cobre_engine::sddp::SolverStatistics;
use cobre_engine::simulation::{
    BlockCost, Bucket, BusBlockOutcome, CostBreakdown, HydroBlockOutcome, HydroOutcome, LineBlockOutcome, StageOutcome,
};

use super::block_costs::BlockCosts;
use super::bucket_table::{BucketTable, Frame};
use super::buses::Buses;
use super::cells::Cells;
use super::costs::Costs;
use super::exchanges::Exchanges;
use super::grid::Grid;
use super::hydros::Hydros;
use super::inflow_lags::{InflowLags, LagTable};
use super::layout::Layout;
use super::paths::Paths;
use super::retries::Retries;
use super::scenario_summary::ScenarioSummary;
use super::solver_work::SolverWork;
use super::thermals::Thermals;

/// Outcomes of one bucket, in the order of the tables.
pub(super) struct BucketRows {
    bucket: Bucket,
    n_stages_done: usize,
    costs: Grid<CostBreakdown>,
    block_costs: Grid<BlockCost>,
    hydros: Grid<HydroOutcome>,
    hydro_blocks: Grid<HydroBlockOutcome>,
    cells: Grid<(f64, f64)>,
    thermals: Grid<f64>,
    lines: Grid<LineBlockOutcome>,
    buses: Grid<BusBlockOutcome>,
    inflow_lags: InflowLags,
    openings: Grid<i32>,
    solver: Grid<SolverStatistics>,
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
            block_costs: Grid::new(1, n, blocks),
            hydros: Grid::new(layout.hydros.len(), n, &per_stage),
            hydro_blocks: Grid::new(layout.hydros.len(), n, blocks),
            cells: Grid::new(layout.cells.len(), n, blocks),
            thermals: Grid::new(layout.thermals.len(), n, blocks),
            lines: Grid::new(layout.lines.len(), n, blocks),
            buses: Grid::new(layout.buses.len(), n, blocks),
            inflow_lags: InflowLags::new(layout, n),
            openings: Grid::new(1, n, &per_stage),
            solver: Grid::new(1, n, &per_stage),
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
            self.block_costs.put(0, stage, scenario, &outcome.block_costs);
            self.openings.put(0, stage, scenario, &[outcome.opening as i32]);
            self.solver.put(0, stage, scenario, &[outcome.solver]);
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

    /// Visits the tables of the bucket, whose scenarios cost `discounted_costs` ($).
    pub(super) fn visit<E>(
        &self,
        layout: &Layout,
        discounted_costs: &[f64],
        mut visitor: impl FnMut(&dyn BucketTable) -> Result<(), E>,
    ) -> Result<(), E> {
        let frame = Frame { layout, bucket: self.bucket };
        visitor(&Costs { frame, grid: &self.costs })?;
        visitor(&BlockCosts { frame, grid: &self.block_costs })?;
        visitor(&Hydros { frame, stages: &self.hydros, blocks: &self.hydro_blocks })?;
        visitor(&Cells { frame, grid: &self.cells })?;
        visitor(&Thermals { frame, grid: &self.thermals })?;
        visitor(&Exchanges { frame, grid: &self.lines })?;
        visitor(&Buses { frame, grid: &self.buses })?;
        visitor(&LagTable { frame, lags: &self.inflow_lags })?;
        visitor(&Paths { frame, grid: &self.openings })?;
        visitor(&ScenarioSummary { frame, discounted_costs })?;
        visitor(&SolverWork { frame, grid: &self.solver })?;
        visitor(&Retries { frame, grid: &self.solver })
    }
}
