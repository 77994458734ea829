use super::blocks::Blocks;
use std::fmt;
use std::sync::OnceLock;

/// Cuts that were binding lately, and young ones: where the highest cut is likely to be.
///
/// A search looks here first, and at all cuts only to be sure that none is violated. What is found depends on what the
/// list holds, so the list depends on nothing but the pool.
#[derive(Debug, Clone)]
pub(super) struct Recent {
    /// Slots, ascending.
    pub(super) slots: Vec<u32>,
    pub(super) intercepts: Blocks,
    pub(super) coefficients: Blocks,
}

/// A cut that was made or binding in one of so many iterations is recent.
const ITERATIONS: u32 = 16;

impl Recent {
    /// Among fewer cuts than this the recent ones are not picked out.
    pub(super) const WORTH_IT: usize = 1024;

    /// Whether a cut made in iteration `made` and last binding in iteration `binding` is recent when the youngest cut is of
    /// iteration `newest`.
    pub(super) fn has(made: u32, binding: u32, newest: u32) -> bool {
        made.max(binding) + ITERATIONS > newest
    }

    /// The rows of `slots` alone.
    pub(super) fn of(slots: Vec<u32>, intercepts: &Blocks, coefficients: &Blocks) -> Self {
        let mut recent = Self {
            intercepts: Blocks::new(1, f64::NEG_INFINITY),
            coefficients: Blocks::new(coefficients.width(), 0.0),
            slots: Vec::new(),
        };
        let mut row = Vec::with_capacity(coefficients.width());
        for &slot in &slots {
            row.clear();
            row.extend(coefficients.row(slot as usize));
            recent.coefficients.push(&row);
            recent.intercepts.push(&[intercepts.get(slot as usize, 0)]);
        }
        recent.slots = slots;
        recent
    }
}

/// The recent cuts of a pool once they were looked for; none where they are most of all. They follow from the rest of the
/// pool, so they are no part of what it is or prints.
#[derive(Clone, Default)]
pub(super) struct Found(OnceLock<Option<Recent>>);

impl Found {
    /// Forgets them, because the pool changes.
    pub(super) fn forget(&mut self) {
        self.0.take();
    }

    /// The recent cuts, looked for by `find` if they are not known.
    pub(super) fn get_or(&self, find: impl FnOnce() -> Option<Recent>) -> Option<&Recent> {
        self.0.get_or_init(find).as_ref()
    }
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}
