use super::{StageProblem, StateLayout};
use crate::cuts::{CutPool, TreeRoom};
use crate::simd::LANES;

/// Heights of the active cuts of a pool, by slot, without the components that a solve decides.
///
/// Past inflow is known before a solve, and most of it before the first opening of a trial point: the older lags of the
/// outgoing state are the same for all openings, the newest one is the inflow of the opening. What is common is added up
/// once.
#[derive(Debug, Default)]
pub(super) struct Heights {
    /// With the older lags.
    common: Vec<[f64; LANES]>,
    /// The older lags that `common` is for.
    older: Vec<f64>,
    has_common: bool,
    /// With all lags.
    all: Vec<[f64; LANES]>,
    part: Part,
    room: TreeRoom,
}

/// Which heights are the ones to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    /// Intercepts: the state is storage alone.
    #[default]
    Intercepts,
    Common,
    All,
    /// None: the pool searches its tree with the whole state.
    Tree,
}

impl Heights {
    /// Forgets the trial point.
    pub(super) fn reset(&mut self) {
        self.has_common = false;
    }

    /// Takes over what is known of an outgoing state.
    pub(super) fn prepare(&mut self, problem: &StageProblem, states: &StateLayout, pool: &CutPool, outgoing: &[f64]) {
        let n_hydros = states.n_hydros();
        if pool.has_tree() {
            self.part = Part::Tree;
            return;
        }
        if states.n_lags() == 0 || pool.is_empty() {
            self.part = Part::Intercepts;
            return;
        }
        let older = &outgoing[2 * n_hydros..];
        if !self.has_common || self.older != older {
            self.older.clear();
            self.older.extend_from_slice(older);
            self.common.clear();
            self.common.extend_from_slice(pool.base());
            pool.add_components(2 * n_hydros, older, &mut self.common);
            self.has_common = true;
        }
        self.part = Part::Common;
        if problem.n_leading(states) == n_hydros {
            self.all.clear();
            self.all.extend_from_slice(&self.common);
            pool.add_components(n_hydros, &outgoing[n_hydros..2 * n_hydros], &mut self.all);
            self.part = Part::All;
        }
    }

    /// Heights ($) without the leading components of the state, in blocks.
    fn base<'a>(&'a self, pool: &'a CutPool) -> &'a [[f64; LANES]] {
        match self.part {
            Part::Intercepts | Part::Tree => pool.base(),
            Part::Common => &self.common,
            Part::All => &self.all,
        }
    }

    /// The `n` highest active cuts above `limit` at an outgoing state of which the `n_leading` first components were not
    /// known, highest first, as heights ($) and ids.
    pub(super) fn highest(
        &mut self,
        pool: &CutPool,
        outgoing: &[f64],
        n_leading: usize,
        limit: f64,
        n: usize,
        found: &mut Vec<(f64, u32)>,
    ) {
        if self.part == Part::Tree {
            pool.highest_at(outgoing, limit, n, &mut self.room, found);
        } else {
            pool.highest(self.base(pool), &outgoing[..n_leading], limit, n, found);
        }
    }

    /// Height ($) of a cut with the coefficients `beta` without the leading components; −∞ for a cut that is not active.
    pub(super) fn of(&self, pool: &CutPool, id: u32, beta: &[f64], outgoing: &[f64], n_leading: usize) -> f64 {
        let Some(slot) = pool.slot(id) else { return f64::NEG_INFINITY };
        let base = self.base(pool)[slot / LANES][slot % LANES];
        if self.part == Part::Tree {
            let known = beta[n_leading..].iter().zip(&outgoing[n_leading..]);
            return base + known.map(|(beta, x)| beta * x).sum::<f64>();
        }
        base
    }
}
