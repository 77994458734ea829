//! A policy at many states, by several threads.

use std::ops::Range;

use cobre_engine::cuts::{BindingCut, CutPool, States};

use super::data::PolicyData;
use crate::detached::guarded;
use crate::failure::Failure;

/// Multiplications below which a second thread costs more than it brings.
const WORTH_A_THREAD: usize = 1 << 21;

/// Many states, borrowed as they lie in memory.
#[derive(Debug, Clone)]
pub(crate) struct StateBatch<'a> {
    layout: Layout<'a>,
    n: usize,
    dimension: usize,
}

#[derive(Debug, Clone)]
enum Layout<'a> {
    /// `values[state * dimension + component]`.
    Rows(&'a [f64]),
    /// `columns[component][state]`.
    Columns(Vec<&'a [f64]>),
}

impl<'a> StateBatch<'a> {
    /// `n` states one after the other; `values` has one number per state and component.
    pub(crate) fn from_rows(values: &'a [f64], n: usize, dimension: usize) -> Self {
        debug_assert_eq!(values.len(), n * dimension);
        Self { layout: Layout::Rows(values), n, dimension }
    }

    /// `n` states component by component.
    pub(crate) fn from_columns(columns: Vec<&'a [f64]>, n: usize) -> Self {
        debug_assert!(columns.iter().all(|column| column.len() == n));
        Self { dimension: columns.len(), layout: Layout::Columns(columns), n }
    }

    /// A copy, one vector per state; all numbers are finite.
    pub(super) fn rows(&self) -> Result<Vec<Vec<f64>>, Failure> {
        if let Some((state, component)) = self.not_finite(&(0..self.n)) {
            let value = self.value(state, component);
            let message = format!("component {component} of state {state} is {value}, a finite number expected");
            return Err(Failure::argument("states", message));
        }
        Ok((0..self.n).map(|state| (0..self.dimension).map(|j| self.value(state, j)).collect()).collect())
    }

    /// Looks for a number that is not finite: its state and component.
    fn not_finite(&self, range: &Range<usize>) -> Option<(usize, usize)> {
        match &self.layout {
            Layout::Rows(values) => {
                let part = &values[range.start * self.dimension..range.end * self.dimension];
                let at = part.iter().position(|value| !value.is_finite())?;
                Some((range.start + at / self.dimension, at % self.dimension))
            }
            Layout::Columns(columns) => columns.iter().enumerate().find_map(|(component, column)| {
                let at = column[range.clone()].iter().position(|value| !value.is_finite())?;
                Some((range.start + at, component))
            }),
        }
    }

    fn value(&self, state: usize, component: usize) -> f64 {
        match &self.layout {
            Layout::Rows(values) => values[state * self.dimension + component],
            Layout::Columns(columns) => columns[component][state],
        }
    }

    fn binding_cuts(&self, pool: &CutPool, range: Range<usize>) -> Vec<BindingCut> {
        let n = range.len();
        match &self.layout {
            Layout::Rows(values) => {
                let part = &values[range.start * self.dimension..range.end * self.dimension];
                pool.binding_cuts(States::from_rows(part, self.dimension, n))
            }
            Layout::Columns(columns) => {
                let part: Vec<&[f64]> = columns.iter().map(|column| &column[range.clone()]).collect();
                pool.binding_cuts(States::from_columns(&part, n))
            }
        }
    }
}

impl PolicyData {
    /// The outer approximation of the stage at a position at many states: bit by bit the same for any number of threads.
    pub(crate) fn binding_cuts(
        &self,
        stage: usize,
        states: &StateBatch<'_>,
        n_threads: usize,
    ) -> Result<Vec<BindingCut>, Failure> {
        if states.dimension != self.dimension() {
            let (found, expected, names) = (states.dimension, self.dimension(), super::data::listed(self.names()));
            let message = format!("a state of {found} components found, {expected} expected: {names}");
            return Err(Failure::argument("state", message));
        }
        let pool = self.pool(stage)?;
        let work = states.n.saturating_mul(pool.n_active()).saturating_mul(states.dimension.max(1));
        let n_parts = (work / WORTH_A_THREAD).clamp(1, n_threads).min(states.n.max(1));
        let part = |range: Range<usize>| {
            if let Some((state, component)) = states.not_finite(&range) {
                let (value, name) = (states.value(state, component), &self.names()[component]);
                let message = format!("`{name}` of state {state} is {value}, a finite number expected");
                return Err(Failure::argument("state", message));
            }
            Ok(states.binding_cuts(pool, range))
        };
        if n_parts == 1 {
            return part(0..states.n);
        }
        let size = states.n.div_ceil(n_parts);
        let ranges = (0..states.n).step_by(size).map(|first| first..(first + size).min(states.n));
        let parts: Vec<_> = std::thread::scope(|scope| {
            let part = &part;
            let running: Vec<_> = ranges.map(|range| scope.spawn(move || guarded(|| part(range)))).collect();
            running.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
        });
        let mut found = Vec::with_capacity(states.n);
        for done in parts {
            found.extend(done.unwrap_or_else(|_| Err(Failure::panic("a thread of the evaluation ended")))?);
        }
        Ok(found)
    }

    /// Slopes of binding cuts, one row per cut; 0 where none is binding.
    pub(crate) fn gradients(&self, stage: usize, binding: &[BindingCut]) -> Vec<f64> {
        let (cuts, dimension) = (self.cuts(stage), self.dimension());
        let mut slopes = Vec::with_capacity(binding.len() * dimension);
        for cut in binding {
            match cut.id {
                Some(id) => slopes.extend_from_slice(cuts.coefficients_of(id as usize)),
                None => slopes.resize(slopes.len() + dimension, 0.0),
            }
        }
        slopes
    }
}
