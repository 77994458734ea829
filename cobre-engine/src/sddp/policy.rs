use super::context::Context;
use super::trajectory::Trajectory;
use crate::cuts::CutPool;
use crate::error::EngineError;
use crate::solver::Basis;
use crate::subproblem::StateLayout;

/// What training builds: the outer approximation of the cost-to-go of every stage, and a basis to start solves from.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Layout of the state vector.
    pub states: StateLayout,
    /// Cuts on the outgoing state of every stage; empty at the last one.
    pub pools: Vec<CutPool>,
    /// A basis of every stage problem, from the last forward pass.
    pub bases: Vec<Option<Basis>>,
}

impl Policy {
    /// The policy that knows nothing: no cuts.
    pub fn new(states: StateLayout, n_stages: usize) -> Self {
        let pools = (0..n_stages).map(|_| CutPool::new(states.dimension())).collect();
        Self { states, pools, bases: vec![None; n_stages] }
    }

    /// Number of cuts over all stages, active or not.
    pub fn n_cuts(&self) -> u64 {
        self.pools.iter().map(|pool| pool.len() as u64).sum()
    }

    /// Number of active cuts over all stages.
    pub fn n_active_cuts(&self) -> u64 {
        self.pools.iter().map(|pool| pool.n_active() as u64).sum()
    }

    /// Makes searches for the highest cut fast again near where the trajectories of a rank went. No result depends on it.
    pub(super) fn arrange(&mut self, context: &Context<'_>, trajectories: &[Trajectory]) -> Result<(), EngineError> {
        if trajectories.is_empty() {
            return Ok(());
        }
        let n = trajectories.len() as f64;
        context.workers.run(&mut self.pools, |_, t, pool| {
            let (centre, spread): (Vec<f64>, Vec<f64>) = (0..pool.dimension())
                .map(|j| {
                    let values = || trajectories.iter().map(|trajectory| trajectory.states[t + 1][j]);
                    let mean = values().sum::<f64>() / n;
                    let variance = values().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
                    // One trajectory alone says nothing about the spread, and few of them little.
                    (mean, variance.sqrt().max(0.1 * mean.abs() / n))
                })
                .unzip();
            pool.arrange(&centre, &spread);
            Ok(())
        })?;
        Ok(())
    }
}
