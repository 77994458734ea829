/// Why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The iteration limit was reached.
    IterationLimit,
    /// The time limit was reached.
    TimeLimit,
    /// The lower bound has stalled.
    BoundStalling,
    /// The caller asked to stop.
    Requested,
}

impl StopReason {
    /// The name used in outputs and configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::IterationLimit => "iteration_limit",
            Self::TimeLimit => "time_limit",
            Self::BoundStalling => "bound_stalling",
            Self::Requested => "requested",
        }
    }

    /// A code for other ranks; 0 where there is no reason.
    pub(super) fn code(reason: Option<Self>) -> u8 {
        match reason {
            None => 0,
            Some(Self::IterationLimit) => 1,
            Some(Self::TimeLimit) => 2,
            Some(Self::BoundStalling) => 3,
            Some(Self::Requested) => 4,
        }
    }

    /// What a code stands for.
    pub(super) fn of_code(code: u8) -> Option<Self> {
        [Self::IterationLimit, Self::TimeLimit, Self::BoundStalling, Self::Requested]
            .into_iter()
            .find(|&reason| Self::code(Some(reason)) == code)
    }
}

/// Which part of the method a stage problem was solved for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Forward pass.
    Forward,
    /// Backward pass.
    Backward,
    /// Lower bound: all openings of the first stage.
    LowerBound,
    /// Simulation.
    Simulation,
}

impl Phase {
    /// The name used in outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Backward => "backward",
            Self::LowerBound => "lower_bound",
            Self::Simulation => "simulation",
        }
    }
}

/// Levels of recovery: the steps of the ladder that a solve can climb before it is given up.
pub const RETRY_LEVELS: usize = 4;

/// Work of the solver for one (phase, stage); sums over trajectories and openings.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SolverStatistics {
    /// Stage problems solved to optimality.
    pub lp_solves: u64,
    /// Calls of the solver: one per problem, plus one per round of added cuts.
    pub solver_calls: u64,
    /// Problems that needed the recovery ladder.
    pub retries: u64,
    /// Steps of the recovery ladder that were taken.
    pub retry_attempts: u64,
    /// Problems that needed the recovery ladder, by the step that solved them; they sum to `retries`. The steps of
    /// the dual simplex: 0 a cold start, 1 HiGHS. The steps of HiGHS: 0 a cold start, 1 presolve and scaling, 2 the
    /// primal simplex, 3 the model handed over anew with stricter pivots.
    pub retries_by_level: [u64; RETRY_LEVELS],
    /// Chains of solves that started from a basis at hand.
    pub basis_offered: u64,
    /// Simplex iterations.
    pub simplex_iterations: u64,
    /// Cut rows in the LP at optimality, summed over problems.
    pub cut_rows: u64,
    /// Time in the solver (s), by the clock handed in.
    pub solve_seconds: f64,
}

impl SolverStatistics {
    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        self.lp_solves += other.lp_solves;
        self.solver_calls += other.solver_calls;
        self.retries += other.retries;
        self.retry_attempts += other.retry_attempts;
        for (sum, count) in self.retries_by_level.iter_mut().zip(&other.retries_by_level) {
            *sum += count;
        }
        self.basis_offered += other.basis_offered;
        self.simplex_iterations += other.simplex_iterations;
        self.cut_rows += other.cut_rows;
        self.solve_seconds += other.solve_seconds;
    }
}

/// What one rank did in an iteration; times by the clocks handed in.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RankWork {
    /// Rank, from 0.
    pub rank: u32,
    /// Trajectories of the rank.
    pub n_trajectories: u32,
    /// Stage problems that it solved.
    pub lp_solves: u64,
    /// Seconds of the forward pass, exchange with other ranks included.
    pub forward_seconds: f64,
    /// Seconds of the backward pass, exchange with other ranks included.
    pub backward_seconds: f64,
    /// Seconds of the lower bound, which the first rank computes.
    pub lower_bound_seconds: f64,
    /// Seconds that the exchanges of the passes took of themselves: the least that any rank spent in them.
    pub communication_seconds: f64,
    /// Seconds in which the rank waited: in exchanges beyond those, and while the first rank computed the lower bound.
    pub idle_seconds: f64,
    /// Seconds of the whole iteration.
    pub total_seconds: f64,
}

/// What cut selection did at one stage at the end of an iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StageSelection {
    /// Position of the stage.
    pub stage: usize,
    /// Cuts that ever entered the pool.
    pub n_cuts: u32,
    /// Active cuts before.
    pub n_active_before: u32,
    /// Cuts that the method made leave.
    pub n_deactivated: u32,
    /// Cuts that the cap made leave after it; none without a cap.
    pub n_evicted: Option<u32>,
    /// Seconds, by the clock handed in.
    pub seconds: f64,
}

impl StageSelection {
    /// Active cuts after the method.
    pub fn n_active_after(&self) -> u32 {
        self.n_active_before - self.n_deactivated
    }

    /// Active cuts after the cap; none without a cap.
    pub fn n_active_after_cap(&self) -> Option<u32> {
        self.n_evicted.map(|n_evicted| self.n_active_after() - n_evicted)
    }
}

/// What one iteration of training did. Counts are those of all ranks, times those of the first.
#[derive(Debug, Clone, PartialEq)]
pub struct IterationRecord {
    /// 1-based.
    pub iteration: u32,
    /// Lower bound of the optimal value ($), after the backward pass.
    pub lower_bound: f64,
    /// Mean discounted cost of the trajectories of this iteration ($).
    pub upper_bound: f64,
    /// Sample standard deviation of those costs ($); none for a single trajectory.
    pub upper_bound_std: Option<f64>,
    /// Cuts that were made: one per trajectory and stage but the last.
    pub cuts_added: u32,
    /// Cuts that left: merged away as dominated by a parallel one within tolerance, be it at once or later, and those
    /// that cut selection took out.
    pub cuts_removed: u32,
    /// Active cuts in all pools: those before, with those added, without those removed.
    pub cuts_active: u64,
    /// Trajectories of the forward pass.
    pub forward_passes: u32,
    /// Stage problems solved.
    pub lp_solves: u64,
    /// Cut rows in the LP at optimality, mean over problems.
    pub mean_rows_in_lp: f64,
    /// Seconds of the forward pass, by the clock handed in.
    pub forward_seconds: f64,
    /// Seconds of the backward pass.
    pub backward_seconds: f64,
    /// Seconds of cut selection.
    pub selection_seconds: f64,
    /// Seconds of the lower bound.
    pub lower_bound_seconds: f64,
    /// Seconds of the whole iteration.
    pub total_seconds: f64,
    /// Cut selection by stage, stages in order; empty when the options ask for none.
    pub selection: Vec<StageSelection>,
    /// Work per (phase, stage position), phases and stages in order.
    pub solver: Vec<(Phase, usize, SolverStatistics)>,
    /// Work per rank.
    pub ranks: Vec<RankWork>,
}
