use super::{StageProblem, StateLayout};
use crate::cuts::CutPool;
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
}

/// Which heights are the ones to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    /// Intercepts: the state is storage alone.
    #[default]
    Intercepts,
    Common,
    All,
}

impl Heights {
    /// Forgets the trial point.
    pub(super) fn reset(&mut self) {
        self.has_common = false;
    }

    /// Takes over what is known of an outgoing state.
    pub(super) fn prepare(&mut self, problem: &StageProblem, states: &StateLayout, pool: &CutPool, outgoing: &[f64]) {
        let n_hydros = states.n_hydros();
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
    pub(super) fn base<'a>(&'a self, pool: &'a CutPool) -> &'a [[f64; LANES]] {
        match self.part {
            Part::Intercepts => pool.base(),
            Part::Common => &self.common,
            Part::All => &self.all,
        }
    }

    /// Height ($) of one cut without the leading components; −∞ for a cut that is not active.
    pub(super) fn of(&self, pool: &CutPool, id: u32) -> f64 {
        pool.slot(id).map_or(f64::NEG_INFINITY, |slot| self.base(pool)[slot / LANES][slot % LANES])
    }
}
