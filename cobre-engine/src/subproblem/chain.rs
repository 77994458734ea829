//! A chain of solves of one stage on one solver, with cuts activated lazily.

use super::heights::Heights;
use super::{Frame, StageInput, StageProblem, Truncation};
use crate::cuts::CutPool;
use crate::sddp::{RETRY_LEVELS, SolverStatistics};
use crate::solver::certificate::Certificate;
use crate::solver::{Basis, CutRow, LpSolution, LpSolver, LpStatus};

/// A cut enters the LP when it is violated by more than this, relative to the cost-to-go.
const VIOLATION: f64 = 1e-9;
/// Largest accepted primal and dual residual.
const RESIDUAL: f64 = 1e-7;
/// Most violated cuts that enter the LP per round.
const ADDED_PER_ROUND: usize = 4;
/// Cuts closest to binding at a nearby state that enter at the start of a chain.
const NEAR_CUTS: usize = 6;

/// Result of one solve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Solved {
    /// Valid lower bound of the stage value ($): the Lagrangian bound of the final duals, equal to the objective
    /// within rounding.
    pub value: f64,
    /// Objective ($).
    pub objective: f64,
}

/// Why a solve failed, after every step of the recovery ladder.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainFailure {
    /// The last status.
    pub status: LpStatus,
    /// The check of the last solution, where there was one.
    pub certificate: Option<Certificate>,
    /// The LP as text.
    pub dump: String,
}

/// One worker's solver with its scratch memory. [`enter`](Self::enter) starts a chain; what follows depends on its
/// arguments alone.
pub struct Chain {
    solver: Box<dyn LpSolver>,
    /// Cut rows of the LP, then spare ones.
    cuts: Vec<CutRow>,
    n_cuts: usize,
    /// Coefficients of the active cuts over the whole state ($), one after the other.
    betas: Vec<f64>,
    cut_rhs: Vec<f64>,
    /// Solves of the chain in which each active cut was binding.
    binding: Vec<u32>,
    input: StageInput,
    outgoing: Vec<f64>,
    heights: Heights,
    /// Cuts to become rows, with their heights.
    found: Vec<(f64, u32)>,
    beta: Vec<f64>,
    cut_gradient: Vec<f64>,
    statistics: SolverStatistics,
}

impl Chain {
    /// A worker around `solver`.
    pub fn new(solver: Box<dyn LpSolver>) -> Self {
        Self {
            solver,
            cuts: Vec::new(),
            n_cuts: 0,
            betas: Vec::new(),
            cut_rhs: Vec::new(),
            binding: Vec::new(),
            input: StageInput::default(),
            outgoing: Vec::new(),
            heights: Heights::default(),
            found: Vec::new(),
            beta: Vec::new(),
            cut_gradient: Vec::new(),
            statistics: SolverStatistics::default(),
        }
    }

    /// Starts a chain at a stage from a basis. The LP begins with the cuts that are tight in the basis and, where an
    /// outgoing state `near` the expected one is known, with those closest to binding there.
    pub fn enter(
        &mut self,
        frame: Frame<'_>,
        problem: &StageProblem,
        pool: &CutPool,
        basis: Option<&Basis>,
        near: Option<&[f64]>,
    ) {
        self.n_cuts = 0;
        self.betas.clear();
        self.binding.clear();
        self.heights.reset();
        if let Some(basis) = basis {
            self.found.clear();
            self.found.extend(basis.cuts.iter().map(|&id| (0.0, id)));
            self.append_found(frame, problem, pool);
        }
        if let Some(state) = near.filter(|_| !pool.is_empty()) {
            self.heights.prepare(problem, frame.states, pool, state);
            let leading = &state[..problem.n_leading(frame.states)];
            pool.highest(self.heights.base(pool), leading, f64::NEG_INFINITY, NEAR_CUTS, &mut self.found);
            self.append_found(frame, problem, pool);
        }
        self.solver.load(problem.model(), &self.cuts[..self.n_cuts], basis);
        self.statistics.basis_offered += u64::from(basis.is_some());
    }

    /// Makes rows of the cuts in `self.found` that are not in the LP; returns where the new ones begin.
    fn append_found(&mut self, frame: Frame<'_>, problem: &StageProblem, pool: &CutPool) -> usize {
        let first = self.n_cuts;
        for &(_, id) in &self.found {
            if id as usize >= pool.len() || self.cuts[..self.n_cuts].iter().any(|cut| cut.id == id) {
                continue;
            }
            if self.n_cuts == self.cuts.len() {
                self.cuts.push(CutRow { id, coefficients: Vec::new() });
            }
            let row = &mut self.cuts[self.n_cuts];
            row.id = id;
            pool.write_coefficients(id, &mut self.beta);
            let scale = frame.study.cost_scale_factor;
            problem.write_cut_coefficients(frame.states, &self.beta, scale, &mut row.coefficients);
            self.betas.extend_from_slice(&self.beta);
            self.binding.push(0);
            self.n_cuts += 1;
        }
        first
    }

    fn write_cut_rhs(&mut self, frame: Frame<'_>, problem: &StageProblem, pool: &CutPool, first: usize) {
        let dimension = frame.states.dimension();
        self.cut_rhs.truncate(first);
        for i in first..self.n_cuts {
            let beta = &self.betas[i * dimension..(i + 1) * dimension];
            let height = self.heights.of(pool, self.cuts[i].id);
            let rhs = problem.cut_rhs(frame.states, height, beta, &self.outgoing);
            self.cut_rhs.push(rhs / frame.study.cost_scale_factor);
        }
    }

    /// Solves the stage for an incoming state and an opening, under all cuts of the pool.
    ///
    /// # Errors
    /// [`ChainFailure`] when the problem is infeasible or the recovery ladder ends without a checked optimum.
    pub fn solve(
        &mut self,
        frame: Frame<'_>,
        problem: &StageProblem,
        pool: &CutPool,
        incoming: &[f64],
        opening: usize,
        truncation: Truncation,
    ) -> Result<Solved, Box<ChainFailure>> {
        let Frame { study, states } = frame;
        problem.patch(study, states, incoming, opening, truncation, &mut self.input);
        StageProblem::write_known_outgoing(states, incoming, &self.input, &mut self.outgoing);
        self.heights.prepare(problem, states, pool, &self.outgoing);
        self.write_cut_rhs(frame, problem, pool, 0);
        let mut recovery = None;
        let mut attempts: usize = 0;
        loop {
            let status = match recovery.take() {
                None => self.solver.solve(&self.input.rhs, &self.cut_rhs),
                Some(step) => match self.solver.recover(step) {
                    Some(status) => status,
                    None => return Err(Box::new(self.failure(LpStatus::Failed(0), None))),
                },
            };
            self.statistics.solver_calls += 1;
            let mut check = None;
            if status == LpStatus::Optimal {
                self.statistics.simplex_iterations += self.solver.solution().simplex_iterations;
                if !problem.is_last() {
                    problem.write_outgoing(states, self.solver.solution(), &mut self.outgoing);
                } else if truncation == Truncation::Exact {
                    // The final storage carries no state there, so it is a segment. The backward pass does not ask.
                    problem.write_outgoing(states, self.solver.complete_solution(), &mut self.outgoing);
                }
                if self.activate_violated(frame, problem, pool) {
                    continue;
                }
                let found = self.solver.certify(&self.cuts[..self.n_cuts], &self.input.rhs, &self.cut_rhs);
                if found.holds(RESIDUAL) {
                    let solution = self.solver.solution();
                    for (count, &mu) in self.binding.iter_mut().zip(&solution.cut_duals) {
                        *count += u32::from(mu > 0.0);
                    }
                    self.statistics.lp_solves += 1;
                    if let Some(level) = attempts.checked_sub(1) {
                        self.statistics.retries += 1;
                        self.statistics.retries_by_level[level] += 1;
                    }
                    self.statistics.cut_rows += self.n_cuts as u64;
                    let scale = study.cost_scale_factor;
                    return Ok(Solved { value: found.dual_bound * scale, objective: solution.objective * scale });
                }
                check = Some(found);
            } else if attempts > 0 && matches!(status, LpStatus::Infeasible | LpStatus::Unbounded) {
                // A warm start can call a feasible problem infeasible; a cold one is believed.
                return Err(Box::new(self.failure(status, None)));
            }
            if attempts == RETRY_LEVELS {
                return Err(Box::new(self.failure(status, check)));
            }
            recovery = Some(attempts as u32);
            attempts += 1;
            self.statistics.retry_attempts += 1;
        }
    }

    /// Adds the most violated cuts at the outgoing state; false when there is none.
    fn activate_violated(&mut self, frame: Frame<'_>, problem: &StageProblem, pool: &CutPool) -> bool {
        if pool.is_empty() {
            return false;
        }
        let theta = problem.future_cost(frame.study, self.solver.solution());
        let limit = theta + VIOLATION * theta.abs().max(frame.study.cost_scale_factor);
        let leading = &self.outgoing[..problem.n_leading(frame.states)];
        let base = self.heights.base(pool);
        pool.highest(base, leading, limit, ADDED_PER_ROUND, &mut self.found);
        if self.found.len() == ADDED_PER_ROUND {
            let rows = &self.cuts[..self.n_cuts];
            if self.found.iter().all(|(_, id)| rows.iter().any(|cut| cut.id == *id)) {
                // Rows of the LP that hold within its tolerance hide the others.
                pool.highest(base, leading, limit, ADDED_PER_ROUND + self.n_cuts, &mut self.found);
            }
        }
        if self.found.is_empty() {
            return false;
        }
        let first = self.append_found(frame, problem, pool);
        if first == self.n_cuts {
            return false;
        }
        self.solver.add_cut_rows(&self.cuts[first..self.n_cuts]);
        self.write_cut_rhs(frame, problem, pool, first);
        true
    }

    fn failure(&self, status: LpStatus, certificate: Option<Certificate>) -> ChainFailure {
        ChainFailure { status, certificate, dump: self.solver.dump() }
    }

    /// What was known before the last solve.
    pub fn input(&self) -> &StageInput {
        &self.input
    }
    /// The last solution, in solver units; segments may be missing.
    pub fn solution(&self) -> &LpSolution {
        self.solver.solution()
    }
    /// What the last solve was given, and its solution with all segments.
    pub fn complete_solution(&mut self) -> (&StageInput, &LpSolution) {
        (&self.input, self.solver.complete_solution())
    }
    /// The outgoing state of the last solve.
    pub fn outgoing(&self) -> &[f64] {
        &self.outgoing
    }
    /// Writes the basis of the last solve.
    pub fn write_basis(&self, basis: &mut Basis) {
        self.solver.write_basis(basis);
    }
    /// Cuts that were binding since [`enter`](Self::enter): ids, and in how many solves.
    pub fn binding_cuts(&self) -> Vec<(u32, u32)> {
        let counts = self.cuts[..self.n_cuts].iter().zip(&self.binding);
        counts.filter(|(_, count)| **count > 0).map(|(cut, &count)| (cut.id, count)).collect()
    }
    /// The counts since the last call.
    pub fn take_statistics(&mut self) -> SolverStatistics {
        std::mem::take(&mut self.statistics)
    }

    /// Writes the gradient of the last stage value with respect to the incoming state ($ per unit of state). Where the
    /// inflow of the stage is relaxed it is that of the relaxed value, so the solve must have been
    /// [`Truncation::Relaxed`].
    pub fn write_gradient(
        &mut self,
        frame: Frame<'_>,
        problem: &StageProblem,
        opening: usize,
        gradient: &mut Vec<f64>,
    ) {
        let Frame { study, states } = frame;
        let dimension = states.dimension();
        let scale = study.cost_scale_factor;
        self.cut_gradient.clear();
        self.cut_gradient.resize(dimension, 0.0);
        let solution = self.solver.solution();
        // Without lags the duals of the water balances are all there is.
        let n_terms = if states.n_lags() == 0 { 0 } else { self.n_cuts };
        for (beta, &mu) in self.betas.chunks_exact(dimension.max(1)).zip(&solution.cut_duals).take(n_terms) {
            if mu != 0.0 {
                for (sum, value) in self.cut_gradient.iter_mut().zip(beta) {
                    *sum += mu * value / scale;
                }
            }
        }
        problem.write_gradient(study, states, opening, solution, &self.cut_gradient, gradient);
    }
}
