//! A pool at many states at once.

use super::CutPool;
use crate::simd::{Highest, LANES, highest_at_states};

/// What the panels of a pass over the cuts hold together (numbers): half a second-level cache.
const AT_HAND: usize = 1 << 15;

/// The outer approximation at a state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BindingCut {
    /// The largest value of an active cut, at least 0 ($).
    pub future_cost: f64,
    /// Id of the cut that has it, the first of several; none where no cut is above 0.
    pub id: Option<u32>,
}

/// Many states, borrowed as they lie in memory.
#[derive(Debug, Clone, Copy)]
pub struct States<'a> {
    layout: Layout<'a>,
    dimension: usize,
    n: usize,
    selected: Option<&'a [u32]>,
}

#[derive(Debug, Clone, Copy)]
enum Layout<'a> {
    Rows(&'a [f64]),
    Columns(&'a [&'a [f64]]),
}

impl<'a> States<'a> {
    /// `n_states` states one after the other: `values[state * dimension + component]`.
    ///
    /// # Panics
    /// When `values` has another length.
    pub fn from_rows(values: &'a [f64], dimension: usize, n_states: usize) -> Self {
        assert_eq!(values.len(), n_states * dimension, "values of {n_states} states of {dimension} components");
        Self { layout: Layout::Rows(values), dimension, n: n_states, selected: None }
    }

    /// `n_states` states component by component: `columns[component][state]`.
    ///
    /// # Panics
    /// When a column has another length.
    pub fn from_columns(columns: &'a [&'a [f64]], n_states: usize) -> Self {
        assert!(columns.iter().all(|column| column.len() == n_states), "columns of {n_states} states");
        Self { layout: Layout::Columns(columns), dimension: columns.len(), n: n_states, selected: None }
    }

    /// Of these states those at the positions `selected`, in that order.
    ///
    /// # Panics
    /// When there is no such state.
    #[must_use]
    pub fn select(self, selected: &'a [u32]) -> Self {
        assert!(selected.iter().all(|&state| (state as usize) < self.n), "one of {} states", self.n);
        Self { selected: Some(selected), ..self }
    }

    /// Number of states.
    pub fn len(&self) -> usize {
        self.selected.map_or(self.n, <[u32]>::len)
    }

    /// Whether there is no state.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of components of each.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Writes up to eight states from `first` on as `panel[component][state]`; what is beyond is 0.
    fn write_panel(&self, first: usize, panel: &mut [[f64; LANES]]) {
        let n = (self.len() - first).min(LANES);
        let place = |k: usize| self.selected.map_or(first + k, |selected| selected[first + k] as usize);
        match self.layout {
            Layout::Rows(values) => {
                panel.fill([0.0; LANES]);
                for k in 0..n {
                    let row = &values[place(k) * self.dimension..][..self.dimension];
                    for (group, &value) in panel.iter_mut().zip(row) {
                        group[k] = value;
                    }
                }
            }
            Layout::Columns(columns) => {
                for (group, column) in panel.iter_mut().zip(columns) {
                    *group = std::array::from_fn(|k| if k < n { column[place(k)] } else { 0.0 });
                }
            }
        }
    }
}

impl CutPool {
    /// The outer approximation at many states, bit by bit that of [`future_cost`](Self::future_cost) at each of them.
    ///
    /// # Panics
    /// When the states have another number of components.
    pub fn binding_cuts(&self, states: States<'_>) -> Vec<BindingCut> {
        let dimension = self.dimension();
        assert_eq!(states.dimension(), dimension, "components of a state");
        let (base, blocks) = (self.base(), self.blocks());
        let at_once = (AT_HAND / (LANES * dimension.max(1))).max(1);
        let mut panels = vec![[0.0; LANES]; at_once * dimension];
        let mut highest = Vec::with_capacity(at_once);
        let mut found = Vec::with_capacity(states.len());
        for begin in (0..states.len()).step_by(at_once * LANES) {
            let n = (states.len() - begin).min(at_once * LANES);
            let n_panels = n.div_ceil(LANES);
            highest.clear();
            highest.resize(n_panels, [Highest::none_above(0.0); LANES]);
            for p in 0..n_panels {
                states.write_panel(begin + p * LANES, &mut panels[p * dimension..][..dimension]);
            }
            highest_at_states(blocks, dimension, base, &panels[..n_panels * dimension], &mut highest);
            found.extend(highest.as_flattened()[..n].iter().map(|highest| match highest.first() {
                Some((height, slot)) => BindingCut { future_cost: height, id: Some(self.active_ids()[slot as usize]) },
                None => BindingCut { future_cost: 0.0, id: None },
            }));
        }
        found
    }
}
