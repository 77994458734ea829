use super::CutPool;
use crate::error::EngineError;

/// Which cuts leave the outer approximation during training, at the end of iterations. By default none does.
///
/// Cuts that a [method](SelectionMethod) or the cap takes out stay out.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CutSelection {
    /// A cut was binding in a solve when its dual is above this; at least 0. Duals of cuts have no unit, those of a
    /// solve sum to the discount factor of the stage.
    pub row_activity_tolerance: f64,
    /// Most active cuts of a stage, at least 1; none: no cap. Beyond it those that were binding longest ago leave, the
    /// oldest first of equals. A cut counts as binding in the iteration that made it, and those of the current iteration
    /// never leave, even if they are more.
    pub max_active_per_stage: Option<u32>,
    /// Judges cuts by the trial points visited so far.
    pub rule: Option<SelectionRule>,
}

/// A method and when it is applied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SelectionRule {
    /// Which cuts stay.
    pub method: SelectionMethod,
    /// Iterations from one check to the next, at least 1: cuts leave after every iteration that is a multiple of it.
    pub check_frequency: u32,
}

/// Which cuts stay. Each method looks at the values of the active cuts at the trial points of all iterations so far.
///
/// Cuts that training was given to begin with stay in any case: the trial points that speak for them are not known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SelectionMethod {
    /// Level 1 (de Matos, Philpott and Finardi 2015): all that are highest at some trial point.
    Level1 {
        /// How far below the highest cut still counts as highest, relative to its value or to 1 $, whichever is
        /// larger; at least 0.
        tie_tolerance: f64,
    },
    /// Limited-memory level 1 (Guigues and Bandarra 2019): of those that are highest at a trial point, the oldest. A trial point
    /// remembers one cut; another one takes its place only when it is higher by more than the tolerance.
    LimitedMemoryLevel1 {
        /// As of [`Level1`](Self::Level1).
        tie_tolerance: f64,
    },
    /// Those that are not dominated (Pfeiffer, Apparigliato and Auchapt 2012): all but those that are lower than the
    /// highest cut by more than the tolerance at every trial point.
    Domination {
        /// How far below the highest cut is not dominated yet ($); at least 0.
        domination_tolerance: f64,
    },
}

impl CutSelection {
    /// Refuses settings without a meaning.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        let refused = |message: String| Err(EngineError::Options { option: "cut_selection", message });
        let is_tolerance = |value: f64| value.is_finite() && value >= 0.0;
        if !is_tolerance(self.row_activity_tolerance) {
            return refused(format!("{} is no tolerance of a dual", self.row_activity_tolerance));
        }
        if self.max_active_per_stage == Some(0) {
            return refused("a cap of no cut at all leaves no outer approximation".into());
        }
        let Some(SelectionRule { method, check_frequency }) = self.rule else { return Ok(()) };
        if check_frequency == 0 {
            return refused("checks are at least one iteration apart".into());
        }
        let tolerance = match method {
            SelectionMethod::Level1 { tie_tolerance } | SelectionMethod::LimitedMemoryLevel1 { tie_tolerance } => {
                tie_tolerance
            }
            SelectionMethod::Domination { domination_tolerance } => domination_tolerance,
        };
        if is_tolerance(tolerance) { Ok(()) } else { refused(format!("{tolerance} is no tolerance of a value")) }
    }
}

impl SelectionRule {
    /// Whether cuts leave after this iteration, counted from 1.
    pub fn is_due(&self, iteration: u32) -> bool {
        iteration.is_multiple_of(self.check_frequency.max(1))
    }
}

impl SelectionMethod {
    /// How much lower than the highest value at a trial point a cut may be to stay for it ($).
    pub(super) fn margin(self, highest: f64) -> f64 {
        match self {
            Self::Level1 { tie_tolerance } | Self::LimitedMemoryLevel1 { tie_tolerance } => {
                tie_tolerance * highest.abs().max(1.0)
            }
            Self::Domination { domination_tolerance } => domination_tolerance,
        }
    }

    /// Whether a trial point speaks for one cut alone.
    pub(super) fn keeps_one(self) -> bool {
        matches!(self, Self::LimitedMemoryLevel1 { .. })
    }
}

/// The cuts that a cap makes leave after an iteration.
pub(crate) fn evicted(pool: &CutPool, cap: u32, iteration: u32) -> Vec<u32> {
    let n_over = pool.n_active().saturating_sub(cap as usize);
    if n_over == 0 {
        return Vec::new();
    }
    let last_active = |id: u32| pool.activity(id).last_iteration.max(pool.origin(id).iteration);
    let mut ids: Vec<u32> =
        pool.active_ids().iter().copied().filter(|&id| pool.origin(id).iteration != iteration).collect();
    ids.sort_by_key(|&id| (last_active(id), id));
    ids.truncate(n_over);
    ids
}
