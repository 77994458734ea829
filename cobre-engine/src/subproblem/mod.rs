//! The stage problem: built once per stage, patched per opening, read back.
//!
//! Incoming storage, inflow and demand live in the right-hand side of the balance rows alone, so a solve is a
//! re-solve. Past inflow is no part of the LP: the inflow of a stage is known before the solve, its effect on the
//! cost-to-go sits in the right-hand side of the cut rows, and its gradient is composed from the duals afterwards.

mod active_cuts;
mod announced;
mod builder;
mod chain;
mod facts;
mod heights;
mod hydro;
mod network;
mod opening;
mod reach;
mod read_back;
mod relaxed_inflow;
mod rows;
mod state;

pub(crate) use chain::OpeningValues;
pub use chain::{Chain, ChainFailure, Solved};
pub use facts::{StageProblemFacts, stage_problem_facts};
pub use state::StateLayout;

use std::sync::Arc;

use self::builder::{ModelBuilder, Slot};
use self::hydro::HydroVariables;
use self::network::NetworkVariables;
use self::opening::{OpeningData, opening_data};
use self::relaxed_inflow::RelaxedInflow;
use self::rows::Rows;
use crate::solver::{LpModel, LpSolution};
use crate::study::Study;

/// A study with the layout of its state vector.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The study.
    pub study: &'a Study,
    /// Positions in the state vector.
    pub states: &'a StateLayout,
}

/// How the truncation of negative inflow enters a solve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truncation {
    /// `z = max(0, y)`: forward pass, simulation, first stage.
    Exact,
    /// `max(0, y) ≤ z ≤ chord(y)` where the inflow depends on the state: backward pass. A lower estimate of the stage
    /// value that is convex in the lags, so its cuts are valid.
    Relaxed,
}

/// The problem of one stage.
#[derive(Debug)]
pub struct StageProblem {
    stage: usize,
    model: Arc<LpModel>,
    rows: Rows,
    hydros: Vec<HydroVariables<Slot>>,
    network: NetworkVariables<Slot>,
    theta: Slot,
    relaxed: Vec<RelaxedInflow>,
    /// Position in `relaxed` per plant.
    relaxed_of: Vec<Option<usize>>,
    /// ζ (hm³ per m³/s).
    zeta: f64,
    /// What every opening fixes.
    openings: Vec<OpeningData>,
    /// Withdrawal (hm³) per plant.
    withdrawal_hm3: Vec<f64>,
}

/// What is known of a stage before the solve.
#[derive(Debug, Clone, Default)]
pub struct StageInput {
    /// Right-hand side of the rows.
    pub rhs: Vec<f64>,
    /// Inflow (m³/s) per plant: natural, or cut off at zero where the study truncates. It is the newest lag of the
    /// outgoing state.
    pub inflow_m3s: Vec<f64>,
    /// Demand (MW) per (bus, block).
    pub load_mw: Vec<f64>,
}

/// Builds the problems of all stages.
pub fn build_stage_problems(study: &Study) -> Vec<StageProblem> {
    let reach = if study.inflow_non_negativity.truncates() { reach::reachable_inflow(study) } else { Vec::new() };
    (0..study.system.n_stages())
        .map(|t| {
            let relaxable = reach.get(t).map_or(&[][..], Vec::as_slice);
            StageProblem::build(study, t, relaxable)
        })
        .collect()
}

impl StageProblem {
    fn build(study: &Study, t: usize, reach: &[Vec<reach::ReachableInflow>]) -> Self {
        let system = &study.system;
        let is_last = t + 1 == system.n_stages();
        let mut builder = ModelBuilder::default();
        let rows = Rows::add(&mut builder, system, t);
        let hydros: Vec<_> =
            (0..system.n_hydros()).map(|h| hydro::add_hydro(&mut builder, &rows, study, t, h, !is_last)).collect();
        let network = network::add_network(&mut builder, &rows, study, t);
        let zeta = system.stages()[t].hm3_per_m3s();
        let relaxed_variables = relaxed_inflow::add_relaxed(&mut builder, &rows, study, t, reach, zeta);
        // θ ≥ 0: no cost of the system can be negative. It is weighted by the discount factor of the stage.
        let theta = (!is_last).then(|| builder.add_state(system.stages()[t].discount_factor, 0.0, f64::INFINITY, &[]));
        let mut states = Vec::new();
        if !is_last {
            states.extend(hydros.iter().map(|hydro| hydro.storage));
            states.extend(relaxed_variables.iter().map(|relaxed| relaxed.variable));
        }
        let (model, slots) = builder.build(theta, &states);
        let relaxed: Vec<RelaxedInflow> =
            relaxed_variables.into_iter().map(|relaxed| relaxed.resolve(&slots)).collect();
        let mut relaxed_of = vec![None; system.n_hydros()];
        for (i, one) in relaxed.iter().enumerate() {
            relaxed_of[one.hydro] = Some(i);
        }
        let mut component = system.n_hydros();
        let load_noise: Vec<Option<usize>> = system
            .buses()
            .iter()
            .map(|bus| {
                bus.has_stochastic_load().then(|| {
                    component += 1;
                    component - 1
                })
            })
            .collect();
        Self {
            stage: t,
            model: Arc::new(model),
            rows,
            hydros: hydros.iter().map(|hydro| hydro.resolve(&slots)).collect(),
            network: network.resolve(&slots),
            theta: theta.map_or(Slot::Zero, |theta| theta.slot(&slots)),
            relaxed,
            relaxed_of,
            zeta,
            openings: opening_data(study, t, &load_noise),
            withdrawal_hm3: system.hydros().iter().map(|hydro| zeta * hydro.stages[t].water_withdrawal_m3s).collect(),
        }
    }

    /// Position of the stage.
    pub fn stage(&self) -> usize {
        self.stage
    }

    /// Natural inflow (m³/s) per plant that an opening brings, without the part of the lags.
    pub(crate) fn opening_inflow_m3s(&self, opening: usize) -> &[f64] {
        &self.openings[opening].inflow_m3s
    }

    /// Demand (MW) per (bus, block) of an opening.
    pub(crate) fn opening_load_mw(&self, opening: usize) -> &[f64] {
        &self.openings[opening].load_mw
    }

    /// Whether no stage follows.
    fn is_last(&self) -> bool {
        self.model.theta.is_none()
    }

    /// The LP without cuts.
    pub fn model(&self) -> &Arc<LpModel> {
        &self.model
    }

    /// Writes what an incoming state and an opening fix into `input`.
    pub fn patch(
        &self,
        study: &Study,
        states: &StateLayout,
        incoming: &[f64],
        opening: usize,
        truncation: Truncation,
        input: &mut StageInput,
    ) {
        let data = &self.openings[opening];
        input.rhs.clear();
        input.rhs.resize(self.model.n_rows(), 0.0);
        input.inflow_m3s.clear();
        for h in 0..states.n_hydros() {
            let (natural, inflow) = self.inflow(study, states, incoming, opening, h);
            input.inflow_m3s.push(inflow);
            let mut water = incoming[states.storage(h)] - self.withdrawal_hm3[h];
            match self.relaxed_of[h] {
                // The inflow is a column between its two rows; an exact solve closes them on its value.
                Some(i) => {
                    let relaxed = &self.relaxed[i];
                    let (low, high) = match truncation {
                        Truncation::Exact => (inflow, inflow),
                        Truncation::Relaxed => (natural, relaxed.reach[opening].chord(natural)),
                    };
                    input.rhs[relaxed.low_row] = low;
                    input.rhs[relaxed.high_row] = high;
                }
                None => water += self.zeta * inflow,
            }
            input.rhs[self.rows.water[h]] = water;
        }
        input.load_mw.clear();
        input.load_mw.extend_from_slice(&data.load_mw);
        for (&row, &load) in self.rows.energy.iter().zip(&data.load_mw) {
            input.rhs[row] = load;
        }
    }

    /// Natural inflow (m³/s) of plant `h` as the model has it, and as it comes.
    fn inflow(&self, study: &Study, states: &StateLayout, incoming: &[f64], opening: usize, h: usize) -> (f64, f64) {
        let mut natural = self.openings[opening].inflow_m3s[h];
        for (l, psi) in study.inflow.stages[self.stage][h].psi.iter().enumerate() {
            natural += psi * incoming[states.lag(h, l)];
        }
        (natural, if study.inflow_non_negativity.truncates() { natural.max(0.0) } else { natural })
    }

    /// Writes the part of the outgoing state that is known before the solve: the inflow of the stage as the newest
    /// lag, and the older lags moved on by one.
    fn write_known_outgoing(states: &StateLayout, incoming: &[f64], inflow_m3s: &[f64], outgoing: &mut Vec<f64>) {
        outgoing.clear();
        outgoing.resize(states.dimension(), 0.0);
        if states.n_lags() == 0 {
            return;
        }
        for h in 0..states.n_hydros() {
            outgoing[states.lag(h, 0)] = inflow_m3s[h];
            for l in 1..states.n_lags() {
                outgoing[states.lag(h, l)] = incoming[states.lag(h, l - 1)];
            }
        }
    }

    /// Writes the part of the outgoing state that the solution decides: final storage, and inflow where it is a
    /// column.
    fn write_outgoing(&self, states: &StateLayout, solution: &LpSolution, outgoing: &mut [f64]) {
        for (h, hydro) in self.hydros.iter().enumerate() {
            outgoing[states.storage(h)] = hydro.storage.value(solution);
        }
        for relaxed in &self.relaxed {
            outgoing[states.lag(relaxed.hydro, 0)] = relaxed.slot.value(solution);
        }
    }

    /// Writes the values of the state columns into the outgoing state.
    fn write_decided(&self, states: &StateLayout, state: &[f64], outgoing: &mut [f64]) {
        let (storage, inflow) = state.split_at(states.n_hydros());
        outgoing[..states.n_hydros()].copy_from_slice(storage);
        for (relaxed, &value) in self.relaxed.iter().zip(inflow) {
            outgoing[states.lag(relaxed.hydro, 0)] = value;
        }
    }

    /// Whether state component `j` of the outgoing state is a column of this LP (else it is known before the solve).
    fn is_column(&self, states: &StateLayout, j: usize) -> bool {
        match states.hydro_of_newest_lag(j) {
            Some(h) => self.relaxed_of[h].is_some(),
            None => j < states.n_hydros(),
        }
    }

    /// Writes the coefficients of a cut over the state columns of the LP, in solver units.
    fn write_cut_coefficients(&self, states: &StateLayout, beta: &[f64], scale: f64, coefficients: &mut Vec<f64>) {
        let storage = (0..states.n_hydros()).map(|h| beta[states.storage(h)]);
        let inflow = self.relaxed.iter().map(|relaxed| beta[states.lag(relaxed.hydro, 0)]);
        coefficients.clear();
        coefficients.extend(storage.chain(inflow).map(|value| value / scale));
    }

    /// Number of leading components of the outgoing state among which all columns of this LP are; those behind are known
    /// before the solve.
    fn n_leading(&self, states: &StateLayout) -> usize {
        if self.relaxed.is_empty() { states.n_hydros() } else { 2 * states.n_hydros() }
    }

    /// Right-hand side ($) of a cut row from its `height` without the leading components: the leading components that
    /// are known before the solve are added.
    fn cut_rhs(&self, states: &StateLayout, height: f64, beta: &[f64], outgoing: &[f64]) -> f64 {
        let mut rhs = height;
        for j in states.n_hydros()..self.n_leading(states) {
            if !self.is_column(states, j) {
                rhs += beta[j] * outgoing[j];
            }
        }
        rhs
    }

    /// Gradient of the stage value with respect to the incoming state ($ per hm³ and per m³/s).
    ///
    /// `cut_gradient[j]` is `Σ µ_c·β_cj`, the duals of the cut rows times the coefficients of their cuts (solver
    /// units). A lag moves the inflow by ψ, and every older lag of the outgoing state by one:
    /// `π_{h,l} = ψ_{h,l}·∂Q/∂z_h + Σ µ·β_{h,l+1}`.
    fn write_gradient(
        &self,
        study: &Study,
        states: &StateLayout,
        opening: usize,
        solution: &LpSolution,
        cut_gradient: &[f64],
        gradient: &mut Vec<f64>,
    ) {
        let scale = study.cost_scale_factor;
        gradient.clear();
        gradient.resize(states.dimension(), 0.0);
        for h in 0..states.n_hydros() {
            let water_value = solution.row_duals[self.rows.water[h]];
            gradient[states.storage(h)] = scale * water_value;
            if states.n_lags() == 0 {
                continue;
            }
            let by_inflow = match self.relaxed_of[h] {
                Some(i) => {
                    let relaxed = &self.relaxed[i];
                    solution.row_duals[relaxed.low_row]
                        + relaxed.reach[opening].chord_slope() * solution.row_duals[relaxed.high_row]
                }
                None => self.zeta * water_value + cut_gradient[states.lag(h, 0)],
            };
            let psi = &study.inflow.stages[self.stage][h].psi;
            for l in 0..states.n_lags() {
                let mut slope = psi.get(l).map_or(0.0, |psi| psi * by_inflow);
                if l + 1 < states.n_lags() {
                    slope += cut_gradient[states.lag(h, l + 1)];
                }
                gradient[states.lag(h, l)] = scale * slope;
            }
        }
    }

    /// Value of θ ($) in a solution.
    pub fn future_cost(&self, study: &Study, solution: &LpSolution) -> f64 {
        self.theta.value(solution) * study.cost_scale_factor
    }
}
