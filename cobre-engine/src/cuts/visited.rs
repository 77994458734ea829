use super::blocks::Blocks;

/// The trial points of a stage in all iterations so far, and for each the cut that stands for it: the oldest one that
/// is as high as any there, within the tolerance of the [method](super::SelectionMethod) that asks for them.
///
/// Points are in the order of iterations, and of trajectories within one.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitedStates {
    pub(super) points: Blocks,
    pub(super) cuts: Vec<u32>,
}

impl VisitedStates {
    /// No points yet, of states with `dimension` components.
    pub fn new(dimension: usize) -> Self {
        Self { points: Blocks::new(dimension, 0.0), cuts: Vec::new() }
    }

    /// Adds a point: its state, with one value per component, and the id of the cut that stands for it.
    ///
    /// # Panics
    /// When the state has another number of components than those before.
    pub fn push(&mut self, state: &[f64], cut: u32) {
        assert_eq!(state.len(), self.points.width(), "one value per component");
        self.points.push(state);
        self.cuts.push(cut);
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.cuts.len()
    }

    /// Whether there is no point.
    pub fn is_empty(&self) -> bool {
        self.cuts.is_empty()
    }

    /// Number of components of a state.
    pub fn dimension(&self) -> usize {
        self.points.width()
    }

    /// The state of a point.
    ///
    /// # Panics
    /// When there is no such point.
    pub fn state(&self, point: usize) -> impl ExactSizeIterator<Item = f64> + '_ {
        self.points.row(point)
    }

    /// Ids of the cuts that stand for the points.
    pub fn cuts(&self) -> &[u32] {
        &self.cuts
    }
}
