//! The cut rows of a chain. All of them hold at an optimum; those that are slack there stay out of the basis.

use super::form::NONE;
use super::inverse::Sparse;
use crate::simd::{self, LANES};
use crate::solver::CutRow;

/// Cut rows twice: one after the other for the algebra of the basis, and in blocks of eight, `[block][state][lane]`, to be
/// evaluated. A slot is a cut's place in order of addition.
#[derive(Debug, Default)]
pub(super) struct HotCuts {
    n_states: usize,
    pub(super) ids: Vec<u32>,
    /// Coefficients by slot, each filled up to whole groups of lanes.
    lines: Vec<f64>,
    blocks: Vec<[f64; LANES]>,
    /// Right-hand sides, padded with −∞.
    rhs: Vec<[f64; LANES]>,
    /// `r + β·x` of the last evaluation.
    heights: Vec<[f64; LANES]>,
    /// Row in the basis of every slot; [`NONE`] for cuts that are out of it.
    pub(super) rows: Vec<u32>,
}

impl HotCuts {
    pub(super) fn reset(&mut self, n_states: usize) {
        self.n_states = n_states;
        self.ids.clear();
        self.lines.clear();
        self.blocks.clear();
        self.rhs.clear();
        self.heights.clear();
        self.rows.clear();
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Adds a cut; returns its slot.
    pub(super) fn push(&mut self, cut: &CutRow) -> usize {
        assert_eq!(cut.coefficients.len(), self.n_states, "a cut row has one coefficient per state column");
        let slot = self.ids.len();
        let lane = slot % LANES;
        if lane == 0 {
            self.blocks.resize(self.blocks.len() + self.n_states, [0.0; LANES]);
            self.rhs.push([f64::NEG_INFINITY; LANES]);
            self.heights.push([f64::NEG_INFINITY; LANES]);
        }
        self.lines.extend_from_slice(&cut.coefficients);
        self.lines.resize((slot + 1) * self.stride(), 0.0);
        let block = &mut self.blocks[slot / LANES * self.n_states..];
        for (component, &beta) in block.iter_mut().zip(&cut.coefficients) {
            component[lane] = beta;
        }
        self.ids.push(cut.id);
        self.rows.push(NONE);
        slot
    }

    /// Takes over the right-hand sides.
    pub(super) fn set_rhs(&mut self, rhs: &[f64]) {
        for (block, values) in self.rhs.iter_mut().zip(rhs.chunks(LANES)) {
            block[..values.len()].copy_from_slice(values);
        }
    }

    /// Takes over the right-hand side of one cut.
    pub(super) fn set_rhs_of(&mut self, slot: usize, rhs: f64) {
        self.rhs[slot / LANES][slot % LANES] = rhs;
    }

    #[inline]
    pub(super) fn rhs(&self, slot: usize) -> f64 {
        self.rhs[slot / LANES][slot % LANES]
    }

    #[inline]
    fn stride(&self) -> usize {
        simd::padded(self.n_states)
    }

    /// Coefficients of a cut over the state columns.
    #[inline]
    pub(super) fn coefficients(&self, slot: usize) -> &[f64] {
        &self.lines[slot * self.stride()..][..self.n_states]
    }

    /// `out = Σ_k v_k·β_k` over the slots of `v`.
    #[inline]
    pub(super) fn combine(&self, v: &Sparse, out: &mut Vec<f64>) {
        out.resize(self.stride(), 0.0);
        simd::combine(&self.lines, self.stride(), &v.places, &v.values, out);
    }

    /// Coefficient of a cut on one state column.
    #[inline]
    pub(super) fn coefficient(&self, slot: usize, state: usize) -> f64 {
        self.lines[slot * self.stride() + state]
    }

    /// Computes the height `r + β·x` of every cut at a state; the highest slot above `limit`.
    pub(super) fn evaluate(&mut self, state: &[f64], limit: f64) -> Option<(f64, usize)> {
        let Self { blocks, n_states, rhs, heights, .. } = self;
        let highest = simd::evaluate_highest(blocks, *n_states, rhs, state, limit, heights);
        highest.map(|(height, slot)| (height, slot as usize))
    }

    /// Heights of the last evaluation, by slot.
    #[inline]
    pub(super) fn heights(&self) -> &[f64] {
        &self.heights.as_flattened()[..self.ids.len()]
    }
}
