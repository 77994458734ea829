use super::announced::AnnouncedStates;
use super::{StageProblem, StateLayout};
use crate::cuts::{CutPool, TreeRoom};
use crate::simd::LANES;

/// Heights of the active cuts of a pool, by slot, without the components that a solve decides.
///
/// Past inflow is known before a solve, and most of it before the first opening of a trial point: the older lags of the
/// outgoing state are the same for all openings, the newest one is the inflow of the opening. What is common is added up
/// once, and where solves are announced, what is known of them is added up for all in one pass.
#[derive(Debug, Default)]
pub(super) struct Heights {
    common: Common,
    /// With all lags.
    all: Vec<[f64; LANES]>,
    announced: AnnouncedStates,
    part: Part,
    room: TreeRoom,
}

/// Heights with the older lags.
#[derive(Debug, Default)]
struct Common {
    heights: Vec<[f64; LANES]>,
    /// The older lags.
    lags: Vec<f64>,
    is_known: bool,
}

impl Common {
    /// Makes the heights with the components `lags` from `first` on, unless they are there.
    fn prepare(&mut self, pool: &CutPool, first: usize, lags: &[f64]) {
        if self.is_known && self.lags == lags {
            return;
        }
        self.lags.clear();
        self.lags.extend_from_slice(lags);
        self.heights.clear();
        self.heights.extend_from_slice(pool.base());
        pool.add_components(first, lags, &mut self.heights);
        self.is_known = true;
    }
}

/// Which heights are the ones to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    /// Intercepts: the state is storage alone.
    #[default]
    Intercepts,
    Common,
    All,
    /// Those of an announced state.
    Announced(usize),
    /// None: the pool searches its tree with the whole state.
    Tree,
}

impl Heights {
    /// Forgets the trial point.
    pub(super) fn reset(&mut self) {
        self.common.is_known = false;
        self.announced.clear();
    }

    /// Begins to announce outgoing states of solves to come; whether that is of use.
    pub(super) fn begin_announcing(&mut self, problem: &StageProblem, states: &StateLayout, pool: &CutPool) -> bool {
        let n_known = states.dimension() - problem.n_leading(states).min(states.dimension());
        self.announced.begin(n_known);
        n_known > 0 && !pool.is_empty() && !pool.has_tree()
    }

    /// Announces an outgoing state whose components from `n_leading` on are known; at most [`AnnouncedStates::MOST`] of
    /// them.
    pub(super) fn announce(&mut self, n_leading: usize, outgoing: &[f64]) {
        self.announced.push(&outgoing[n_leading..]);
    }

    /// Meets the cuts with the announced states.
    pub(super) fn meet_announced(&mut self, problem: &StageProblem, states: &StateLayout, pool: &CutPool) {
        if self.announced.len() < 2 {
            self.announced.clear();
            return;
        }
        let first = problem.n_leading(states);
        // Where the older lags begin among the known components. They are added before the newest one, as in `prepare`.
        let newest = 2 * states.n_hydros() - first;
        if self.announced.agree_from(newest) {
            self.common.prepare(pool, first + newest, &self.announced.first()[newest..]);
            self.announced.begin_heights(&self.common.heights);
        } else {
            self.announced.begin_heights(pool.base());
            self.announced.add_components(pool, first, newest..states.dimension() - first);
        }
        if newest > 0 {
            self.announced.add_components(pool, first, 0..newest);
        }
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
        let n_leading = problem.n_leading(states);
        if let Some(place) = self.announced.position(&outgoing[n_leading..]) {
            self.part = Part::Announced(place);
            return;
        }
        self.common.prepare(pool, 2 * n_hydros, &outgoing[2 * n_hydros..]);
        self.part = Part::Common;
        if n_leading == n_hydros {
            self.all.clear();
            self.all.extend_from_slice(&self.common.heights);
            pool.add_components(n_hydros, &outgoing[n_hydros..2 * n_hydros], &mut self.all);
            self.part = Part::All;
        }
    }

    /// Heights ($) without the leading components of the state, in blocks.
    fn base<'a>(&'a self, pool: &'a CutPool) -> &'a [[f64; LANES]] {
        match self.part {
            Part::Intercepts | Part::Tree => pool.base(),
            Part::Common => &self.common.heights,
            Part::All => &self.all,
            Part::Announced(place) => self.announced.heights(place),
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
