use crate::solver::Basis;

/// A path of the forward pass, with what its solves leave for later ones.
#[derive(Debug, Clone)]
pub(crate) struct Trajectory {
    /// `states[t]` is the state on entry to stage `t`: the trial point of the cut of stage `t − 1`. `states[T]` is the
    /// state at the end of the study.
    pub(crate) states: Vec<Vec<f64>>,
    /// Basis of the last forward solve of every stage.
    pub(crate) bases: Vec<Option<Basis>>,
    /// Opening of every stage.
    pub(crate) openings: Vec<usize>,
    /// Immediate cost of every stage ($), undiscounted.
    pub(crate) costs: Vec<f64>,
    /// Simplex steps of the stage that the backward pass did last: what the next one may take.
    pub(crate) last_steps: u64,
}

impl Trajectory {
    pub(crate) fn new(initial: &[f64], n_stages: usize) -> Self {
        Self {
            states: vec![initial.to_vec(); n_stages + 1],
            bases: vec![None; n_stages],
            openings: vec![0; n_stages],
            costs: vec![0.0; n_stages],
            last_steps: 0,
        }
    }

    /// `Σ D(t)·cost_t`.
    pub(crate) fn discounted_cost(&self, discount: &[f64]) -> f64 {
        self.costs.iter().zip(discount).map(|(cost, factor)| cost * factor).sum()
    }
}
