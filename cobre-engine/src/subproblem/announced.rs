use crate::cuts::CutPool;
use crate::simd::LANES;

/// Heights of the active cuts of a pool at outgoing states of solves to come, as far as these states are known: up to
/// eight of them, which meet the cuts in one pass over their memory.
///
/// A large pool is read from memory for every solve that looks at its cuts alone. What is known of the states of several
/// solves can be had for the price of reading it once.
#[derive(Debug, Default)]
pub(super) struct AnnouncedStates {
    /// Known components of a state.
    width: usize,
    /// `[state][component]`.
    states: Vec<f64>,
    /// `[state][block]`.
    heights: Vec<[f64; LANES]>,
    /// Components that are being met, `[component][state]`.
    panel: Vec<[f64; LANES]>,
}

impl AnnouncedStates {
    /// Most states of one pass.
    pub(super) const MOST: usize = LANES;

    /// Forgets all states.
    pub(super) fn clear(&mut self) {
        self.states.clear();
        self.heights.clear();
    }

    /// From now on states of `width` known components, beginning with none.
    pub(super) fn begin(&mut self, width: usize) {
        self.clear();
        self.width = width;
    }

    /// Adds a state by its known components.
    pub(super) fn push(&mut self, known: &[f64]) {
        debug_assert_eq!(known.len(), self.width);
        self.states.extend_from_slice(known);
    }

    /// Number of states.
    pub(super) fn len(&self) -> usize {
        self.states.len().checked_div(self.width).unwrap_or(0)
    }

    /// The known components of the first state.
    pub(super) fn first(&self) -> &[f64] {
        &self.states[..self.width]
    }

    /// Whether all states are the same from the known component `from` on.
    pub(super) fn agree_from(&self, from: usize) -> bool {
        let mut states = self.states.chunks_exact(self.width.max(1));
        let first = states.next();
        states.all(|state| first.is_some_and(|first| first[from..] == state[from..]))
    }

    /// Begins the heights of all states with `base`.
    pub(super) fn begin_heights(&mut self, base: &[[f64; LANES]]) {
        self.heights.clear();
        for _ in 0..self.len() {
            self.heights.extend_from_slice(base);
        }
    }

    /// Adds the components in `range` of the known ones, the first of which is component `first` of a whole state.
    pub(super) fn add_components(&mut self, pool: &CutPool, first: usize, range: std::ops::Range<usize>) {
        debug_assert!(self.len() <= Self::MOST);
        self.panel.clear();
        self.panel.resize(range.len(), [0.0; LANES]);
        for (k, state) in self.states.chunks_exact(self.width).enumerate() {
            for (group, &value) in self.panel.iter_mut().zip(&state[range.clone()]) {
                group[k] = value;
            }
        }
        pool.add_components_at(first + range.start, &self.panel, &mut self.heights);
    }

    /// The place of a state with these known components.
    pub(super) fn position(&self, known: &[f64]) -> Option<usize> {
        if self.heights.is_empty() || known.len() != self.width {
            return None;
        }
        self.states.chunks_exact(self.width).position(|state| state == known)
    }

    /// Heights ($) at the state in this place.
    pub(super) fn heights(&self, place: usize) -> &[[f64; LANES]] {
        let n_blocks = self.heights.len() / self.len();
        &self.heights[place * n_blocks..][..n_blocks]
    }
}
