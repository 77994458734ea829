//! The cuts of a pool that are rows of an LP, and where a solve finds more of them.

use super::heights::Heights;
use super::{Frame, StageProblem};
use crate::cuts::CutPool;
use crate::solver::{CutRow, CutSource};

/// A cut enters the LP when it is violated by more than this, relative to the cost-to-go.
const VIOLATION: f64 = 1e-9;
/// Most violated cuts that enter the LP per round.
const ADDED_PER_ROUND: usize = 1;

/// Cut rows of a chain of solves. Memory is kept from chain to chain.
#[derive(Debug, Default)]
pub(super) struct ActiveCuts {
    /// Cut rows of the LP, then spare ones.
    rows: Vec<CutRow>,
    n_rows: usize,
    /// Coefficients over the whole state ($), one cut after the other.
    betas: Vec<f64>,
    /// Solves of the chain in which each cut was binding.
    binding: Vec<u32>,
    /// Right-hand sides as of the last solve, in solver units.
    pub(super) rhs: Vec<f64>,
    /// Cuts that are to become rows, with their heights.
    pub(super) found: Vec<(f64, u32)>,
    beta: Vec<f64>,
}

impl ActiveCuts {
    /// Forgets all rows.
    pub(super) fn clear(&mut self) {
        self.n_rows = 0;
        self.rhs.clear();
        self.betas.clear();
        self.binding.clear();
    }

    /// The rows.
    pub(super) fn rows(&self) -> &[CutRow] {
        &self.rows[..self.n_rows]
    }

    fn has(&self, id: u32) -> bool {
        self.rows().iter().any(|cut| cut.id == id)
    }

    /// Makes rows of the active cuts in `found` that are none yet; returns where the new ones begin. A basis may name
    /// cuts that have been deactivated since.
    pub(super) fn append_found(&mut self, frame: Frame<'_>, problem: &StageProblem, pool: &CutPool) -> usize {
        let first = self.n_rows;
        for i in 0..self.found.len() {
            let id = self.found[i].1;
            if !pool.is_active(id) || self.has(id) {
                continue;
            }
            if self.n_rows == self.rows.len() {
                self.rows.push(CutRow { id, coefficients: Vec::new() });
            }
            let row = &mut self.rows[self.n_rows];
            row.id = id;
            pool.write_coefficients(id, &mut self.beta);
            let scale = frame.study.cost_scale_factor;
            problem.write_cut_coefficients(frame.states, &self.beta, scale, &mut row.coefficients);
            self.betas.extend_from_slice(&self.beta);
            self.binding.push(0);
            self.n_rows += 1;
        }
        first
    }

    /// Writes the right-hand sides of the rows from `first` on.
    pub(super) fn write_rhs(
        &mut self,
        frame: Frame<'_>,
        problem: &StageProblem,
        pool: &CutPool,
        heights: &Heights,
        outgoing: &[f64],
        first: usize,
    ) {
        let (dimension, n_leading) = (frame.states.dimension(), problem.n_leading(frame.states));
        self.rhs.truncate(first);
        for i in first..self.n_rows {
            let beta = &self.betas[i * dimension..(i + 1) * dimension];
            let height = heights.of(pool, self.rows[i].id, beta, outgoing, n_leading);
            let rhs = problem.cut_rhs(frame.states, height, beta, outgoing);
            self.rhs.push(rhs / frame.study.cost_scale_factor);
        }
    }

    /// Counts the cuts that are binding in a solution: those with a dual above `tolerance`.
    pub(super) fn count_binding(&mut self, cut_duals: &[f64], tolerance: f64) {
        for (count, &mu) in self.binding.iter_mut().zip(cut_duals) {
            *count += u32::from(mu > tolerance);
        }
    }

    /// Cuts that were binding: ids, and in how many solves.
    pub(super) fn binding(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let counts = self.rows().iter().zip(&self.binding);
        counts.filter(|(_, count)| **count > 0).map(|(cut, &count)| (cut.id, count))
    }

    /// Adds `factor·µ·β` over the rows to `sum`.
    pub(super) fn add_gradient(&self, cut_duals: &[f64], factor: f64, sum: &mut [f64]) {
        for (beta, &mu) in self.betas.chunks_exact(sum.len().max(1)).zip(cut_duals) {
            if mu != 0.0 {
                for (sum, value) in sum.iter_mut().zip(beta) {
                    *sum += mu * value * factor;
                }
            }
        }
    }
}

/// The active cuts of a pool, for a solver that asks for those that are violated at its solution.
pub(super) struct PoolSource<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) problem: &'a StageProblem,
    pub(super) pool: &'a CutPool,
    pub(super) heights: &'a mut Heights,
    pub(super) cuts: &'a mut ActiveCuts,
    /// The outgoing state; what the solver decides is written into it.
    pub(super) outgoing: &'a mut [f64],
    pub(super) n_rounds: u64,
}

impl CutSource for PoolSource<'_> {
    fn separate(&mut self, state: &[f64], theta: f64) -> (&[CutRow], &[f64]) {
        let Self { frame, problem, pool, heights, cuts, .. } = self;
        self.n_rounds += 1;
        problem.write_decided(frame.states, state, self.outgoing);
        let scale = frame.study.cost_scale_factor;
        let theta = theta * scale;
        let limit = theta + VIOLATION * theta.abs().max(scale);
        let n_leading = problem.n_leading(frame.states);
        heights.highest(pool, self.outgoing, n_leading, limit, ADDED_PER_ROUND, &mut cuts.found);
        if cuts.found.len() == ADDED_PER_ROUND && cuts.found.iter().all(|(_, id)| cuts.has(*id)) {
            // Rows of the LP that hold within its tolerance hide the others.
            let n = ADDED_PER_ROUND + cuts.n_rows;
            heights.highest(pool, self.outgoing, n_leading, limit, n, &mut cuts.found);
        }
        if cuts.found.is_empty() {
            return (&[], &[]);
        }
        let first = cuts.append_found(*frame, problem, pool);
        cuts.write_rhs(*frame, problem, pool, heights, self.outgoing, first);
        (&self.cuts.rows[first..self.cuts.n_rows], &self.cuts.rhs[first..])
    }
}
