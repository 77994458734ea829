//! A chain of solves of one stage on one solver, with cuts activated lazily.

use super::active_cuts::{ActiveCuts, PoolSource};
use super::announced::AnnouncedStates;
use super::heights::Heights;
use super::{Frame, StageInput, StageProblem, Truncation};
use crate::cuts::CutPool;
use crate::sddp::{RETRY_LEVELS, SolverStatistics};
use crate::solver::certificate::Certificate;
use crate::solver::{Basis, LpSolution, LpSolver, LpStatus};

/// Largest accepted primal and dual residual.
const RESIDUAL: f64 = 1e-7;
/// Cuts closest to binding at a nearby state that enter at the start of a chain.
const NEAR_CUTS: usize = 4;

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

/// What the openings of a trial point cost, and how that changes with the incoming state.
#[derive(Debug, Default)]
pub(crate) struct OpeningValues {
    /// Value of every opening ($).
    pub(crate) values: Vec<f64>,
    /// Gradient of every opening, at least as many ($ per unit of state).
    pub(crate) gradients: Vec<Vec<f64>>,
    /// Openings by cost, where a risk measure asks for that, and its weights.
    pub(crate) order: Vec<usize>,
    pub(crate) weights: Vec<f64>,
}

/// One worker's solver with its scratch memory. [`enter`](Self::enter) starts a chain; what follows depends on its
/// arguments alone.
pub struct Chain {
    solver: Box<dyn LpSolver>,
    /// Values and gradients of the openings of a trial point, kept from one to the next for their memory alone.
    pub(crate) openings: OpeningValues,
    cuts: ActiveCuts,
    /// Right-hand sides that a solve starts with.
    cut_rhs: Vec<f64>,
    input: StageInput,
    outgoing: Vec<f64>,
    heights: Heights,
    /// Inflow (m³/s) and outgoing state of an announced solve, kept for their memory alone.
    announced: (Vec<f64>, Vec<f64>),
    cut_gradient: Vec<f64>,
    statistics: SolverStatistics,
    /// A cut is binding in a solve when its dual is above this.
    activity_tolerance: f64,
}

impl Chain {
    /// Most solves that can be [announced](Self::announce) at a time.
    pub const MOST_ANNOUNCED: usize = AnnouncedStates::MOST;

    /// A worker around `solver`.
    pub fn new(solver: Box<dyn LpSolver>) -> Self {
        Self {
            solver,
            openings: OpeningValues::default(),
            cuts: ActiveCuts::default(),
            cut_rhs: Vec::new(),
            input: StageInput::default(),
            outgoing: Vec::new(),
            heights: Heights::default(),
            announced: (Vec::new(), Vec::new()),
            cut_gradient: Vec::new(),
            statistics: SolverStatistics::default(),
            activity_tolerance: 0.0,
        }
    }

    /// From now on a cut counts as binding in a solve when its dual is above `tolerance`; so far 0.
    pub fn set_activity_tolerance(&mut self, tolerance: f64) {
        self.activity_tolerance = tolerance;
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
        self.cuts.clear();
        self.heights.reset();
        if let Some(basis) = basis {
            self.cuts.found.clear();
            self.cuts.found.extend(basis.cuts.iter().map(|&id| (0.0, id)));
            self.cuts.append_found(frame, problem, pool);
        }
        if let Some(state) = near.filter(|_| !pool.is_empty()) {
            self.heights.prepare(problem, frame.states, pool, state);
            let n_leading = problem.n_leading(frame.states);
            self.heights.highest(pool, state, n_leading, f64::NEG_INFINITY, NEAR_CUTS, &mut self.cuts.found);
            self.cuts.append_found(frame, problem, pool);
        }
        self.solver.load(problem.model(), self.cuts.rows(), basis);
        self.statistics.basis_offered += u64::from(basis.is_some());
    }

    /// Announces solves to come by their incoming states and openings, so that all cuts meet what is known of them in one
    /// pass; of more than [`MOST_ANNOUNCED`](Self::MOST_ANNOUNCED) only the first are heard. What solves find is the same
    /// whether they were announced or not.
    pub fn announce<'a>(
        &mut self,
        frame: Frame<'_>,
        problem: &StageProblem,
        pool: &CutPool,
        solves: impl Iterator<Item = (&'a [f64], usize)>,
    ) {
        let Frame { study, states } = frame;
        if !self.heights.begin_announcing(problem, states, pool) {
            return;
        }
        let (mut inflow_m3s, mut outgoing) = std::mem::take(&mut self.announced);
        for (incoming, opening) in solves.take(Self::MOST_ANNOUNCED) {
            inflow_m3s.clear();
            inflow_m3s.extend((0..states.n_hydros()).map(|h| problem.inflow(study, states, incoming, opening, h).1));
            StageProblem::write_known_outgoing(states, incoming, &inflow_m3s, &mut outgoing);
            self.heights.announce(problem.n_leading(states), &outgoing);
        }
        self.announced = (inflow_m3s, outgoing);
        self.heights.meet_announced(problem, states, pool);
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
        StageProblem::write_known_outgoing(states, incoming, &self.input.inflow_m3s, &mut self.outgoing);
        self.heights.prepare(problem, states, pool, &self.outgoing);
        // Without lags nothing is known of an outgoing state, and right-hand sides stay what they were.
        let first = if states.n_lags() == 0 { self.cuts.rhs.len() } else { 0 };
        self.cuts.write_rhs(frame, problem, pool, &self.heights, &self.outgoing, first);
        let mut attempts: usize = 0;
        loop {
            self.cut_rhs.clear();
            self.cut_rhs.extend_from_slice(&self.cuts.rhs);
            let Self { solver, cuts, cut_rhs, input, outgoing, heights, .. } = self;
            let mut source = PoolSource { frame, problem, pool, heights, cuts, outgoing, n_rounds: 0 };
            let status = match attempts.checked_sub(1) {
                None => solver.solve_lazily(&input.rhs, cut_rhs, &mut source),
                Some(step) => match solver.recover(step as u32) {
                    Some(status) => solver.add_violated(status, &input.rhs, cut_rhs, &mut source),
                    None => return Err(Box::new(self.failure(LpStatus::Failed(0), None))),
                },
            };
            self.statistics.solver_calls += source.n_rounds.max(1);
            self.statistics.simplex_iterations += self.solver.take_iterations();
            let mut check = None;
            if status == LpStatus::Optimal {
                if !problem.is_last() {
                    problem.write_outgoing(states, self.solver.solution(), &mut self.outgoing);
                } else if truncation == Truncation::Exact {
                    // The final storage carries no state there, so it is a segment. The backward pass does not ask.
                    problem.write_outgoing(states, self.solver.complete_solution(), &mut self.outgoing);
                }
                let found = self.solver.certify(self.cuts.rows(), &self.input.rhs, &self.cuts.rhs);
                if found.holds(RESIDUAL) {
                    let solution = self.solver.solution();
                    self.cuts.count_binding(&solution.cut_duals, self.activity_tolerance);
                    self.statistics.lp_solves += 1;
                    if let Some(level) = attempts.checked_sub(1) {
                        self.statistics.retries += 1;
                        self.statistics.retries_by_level[level] += 1;
                    }
                    self.statistics.cut_rows += self.cuts.rows().len() as u64;
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
            attempts += 1;
            self.statistics.retry_attempts += 1;
        }
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
        self.cuts.binding().collect()
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
        self.cut_gradient.clear();
        self.cut_gradient.resize(states.dimension(), 0.0);
        let solution = self.solver.solution();
        if states.n_lags() > 0 {
            // Without lags the duals of the water balances are all there is.
            self.cuts.add_gradient(&solution.cut_duals, 1.0 / study.cost_scale_factor, &mut self.cut_gradient);
        }
        problem.write_gradient(study, states, opening, solution, &self.cut_gradient, gradient);
    }
}
