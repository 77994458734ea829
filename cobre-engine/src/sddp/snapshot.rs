use super::exchange::Fetched;
use super::policy::Policy;
use super::record::StopReason;
use super::selection::Selector;
use super::trajectory::Trajectory;
use crate::cuts::{CutPool, VisitedStates};
use crate::solver::Basis;
use crate::subproblem::StateLayout;

/// Everything training needs to go on after an iteration as if it had never stopped: what a checkpoint stores.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingState {
    /// The policy; its bases are those of trajectory 0.
    pub policy: Policy,
    /// Basis of the last forward solve, `[trajectory][stage]`. Training goes on without one too, but then not bit by
    /// bit as if it had never stopped.
    pub trajectory_bases: Vec<Vec<Option<Basis>>>,
    /// The trial points of every stage in all iterations, where a method of cut selection asks for them, else empty.
    /// Those of the last stage, which has no cuts, are none.
    pub visited: Vec<VisitedStates>,
    /// Lower bound ($) after every iteration; their number is the number of iterations done.
    pub lower_bounds: Vec<f64>,
    /// Mean and, for several trajectories, sample standard deviation of the cost of the last forward pass ($).
    pub upper_bound: (f64, Option<f64>),
    /// Seconds of training so far, by the clock handed in.
    pub elapsed_seconds: f64,
}

impl TrainingState {
    /// Iterations done.
    pub fn iteration(&self) -> u32 {
        self.lower_bounds.len() as u32
    }
}

/// What training begins with.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum TrainingStart {
    /// Nothing.
    #[default]
    Fresh,
    /// The cuts of a policy. They keep their order and ids and are marked as [given](crate::cuts::CutOrigin::GIVEN);
    /// iterations count from one. Its bases are left aside. That the cuts are valid for the study, so that the lower bound
    /// is one, is up to the caller: only their shape is checked.
    WarmStart(Policy),
    /// The state after an iteration, to be gone on from as if training had never stopped. Study, seed, number of
    /// trajectories and cut selection have to be the ones it comes from; the stopping rules may be others. Where one of them holds
    /// already, or a stop is requested, training ends at once.
    Resume(TrainingState),
}

/// Basis of the last forward solve, `[trajectory][stage]`.
pub(super) type TrajectoryBases = Vec<Vec<Option<Basis>>>;

/// Training between two iterations, as one rank knows it.
pub(super) struct Progress {
    pub(super) policy: Policy,
    /// Number of the first trajectory of this rank.
    pub(super) first: usize,
    /// Trajectories of this rank.
    pub(super) trajectories: Vec<Trajectory>,
    /// Trajectories of all ranks together.
    pub(super) n_trajectories: usize,
    pub(super) selector: Selector,
    pub(super) lower_bounds: Vec<f64>,
    pub(super) upper_bound: (f64, Option<f64>),
    pub(super) elapsed_seconds: f64,
}

impl Progress {
    /// The state, given the bases of all trajectories.
    pub(super) fn into_state(self, trajectory_bases: TrajectoryBases) -> TrainingState {
        let mut policy = self.policy;
        policy.bases.clone_from(&trajectory_bases[0]);
        TrainingState {
            policy,
            trajectory_bases,
            visited: self.selector.visited(),
            lower_bounds: self.lower_bounds,
            upper_bound: self.upper_bound,
            elapsed_seconds: self.elapsed_seconds,
        }
    }
}

/// A look at training after an iteration: a [`TrainingState`] that is not copied, the trial points of the iteration,
/// and whether it is the last one.
#[derive(Clone, Copy)]
pub struct TrainingSnapshot<'a> {
    pub(super) progress: &'a Progress,
    /// What was fetched of the trajectories; none with one rank, which has all of them.
    pub(super) fetched: Option<&'a Fetched>,
    pub(super) stop_reason: Option<StopReason>,
}

impl<'a> TrainingSnapshot<'a> {
    /// Iterations done.
    pub fn iteration(&self) -> u32 {
        self.progress.lower_bounds.len() as u32
    }
    /// Layout of the state vector.
    pub fn states(&self) -> &'a StateLayout {
        &self.progress.policy.states
    }
    /// Cuts on the outgoing state of every stage.
    pub fn pools(&self) -> &'a [CutPool] {
        &self.progress.policy.pools
    }
    /// Number of trajectories of the forward pass.
    pub fn n_trajectories(&self) -> usize {
        self.progress.n_trajectories
    }
    /// Basis of the forward solve of every stage of a trajectory.
    ///
    /// # Panics
    /// When there is no such trajectory, or there are several ranks and the observer did not
    /// [want](super::TrainingObserver::wants) it.
    pub fn trajectory_bases(&self, trajectory: usize) -> &'a [Option<Basis>] {
        match self.fetched {
            Some(fetched) => &fetched.bases[trajectory],
            None => &self.progress.trajectories[trajectory].bases,
        }
    }
    /// States of a trajectory: element `t` is the state on entry to stage `t`, the last one the state at the end of
    /// the study. Those of stages 1 to T − 1 are the trial points of the cuts.
    ///
    /// # Panics
    /// When there is no such trajectory, or there are several ranks and the observer did not
    /// [want](super::TrainingObserver::wants) it.
    pub fn trial_points(&self, trajectory: usize) -> &'a [Vec<f64>] {
        match self.fetched {
            Some(fetched) => &fetched.states[trajectory],
            None => &self.progress.trajectories[trajectory].states,
        }
    }
    /// The trial points of every stage in all iterations so far; empty where no method of cut selection asks for them.
    pub fn visited(&self) -> Vec<VisitedStates> {
        self.progress.selector.visited()
    }
    /// Lower bound ($) after every iteration.
    pub fn lower_bounds(&self) -> &'a [f64] {
        &self.progress.lower_bounds
    }
    /// Mean and, for several trajectories, sample standard deviation of the cost of the forward pass ($).
    pub fn upper_bound(&self) -> (f64, Option<f64>) {
        self.progress.upper_bound
    }
    /// Seconds of training so far, by the clock handed in.
    pub fn elapsed_seconds(&self) -> f64 {
        self.progress.elapsed_seconds
    }
    /// Why training ends with this iteration; none: it goes on.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.stop_reason
    }
    /// A copy that outlives the iteration.
    ///
    /// # Panics
    /// As [`trajectory_bases`](Self::trajectory_bases).
    pub fn to_state(&self) -> TrainingState {
        let policy = &self.progress.policy;
        let trajectory_bases: Vec<_> = (0..self.n_trajectories()).map(|m| self.trajectory_bases(m).to_vec()).collect();
        TrainingState {
            policy: Policy { states: policy.states, pools: policy.pools.clone(), bases: trajectory_bases[0].clone() },
            trajectory_bases,
            visited: self.visited(),
            lower_bounds: self.progress.lower_bounds.clone(),
            upper_bound: self.progress.upper_bound,
            elapsed_seconds: self.progress.elapsed_seconds,
        }
    }
}
