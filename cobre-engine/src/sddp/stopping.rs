use super::options::{StoppingMode, StoppingRule, TrainingOptions};
use super::record::StopReason;

/// Decides after every iteration whether training ends.
pub(super) struct Stopping<'a> {
    options: &'a TrainingOptions,
}

impl<'a> Stopping<'a> {
    pub(super) fn new(options: &'a TrainingOptions) -> Self {
        Self { options }
    }

    /// Largest number of iterations that any combination of rules allows.
    pub(super) fn iteration_cap(options: &TrainingOptions) -> Option<u32> {
        let limits = options.stopping_rules.iter().filter_map(|rule| match *rule {
            StoppingRule::IterationLimit { limit } => Some(limit),
            _ => None,
        });
        match options.stopping_mode {
            StoppingMode::Any => limits.min(),
            StoppingMode::All => limits.max(),
        }
    }

    /// The reason to stop after an iteration, if there is one; `bounds` are those of all iterations so far.
    pub(super) fn reason(&self, bounds: &[f64], elapsed_seconds: f64) -> Option<StopReason> {
        let others: Vec<(bool, StopReason)> = self
            .options
            .stopping_rules
            .iter()
            .filter_map(|rule| match *rule {
                StoppingRule::IterationLimit { .. } => None,
                StoppingRule::TimeLimit { seconds } => Some((elapsed_seconds >= seconds, StopReason::TimeLimit)),
                StoppingRule::BoundStalling { iterations, tolerance } => {
                    Some((has_stalled(bounds, iterations as usize, tolerance), StopReason::BoundStalling))
                }
            })
            .collect();
        let held = match self.options.stopping_mode {
            StoppingMode::Any => others.iter().find(|(holds, _)| *holds),
            StoppingMode::All if others.iter().all(|(holds, _)| *holds) => others.last(),
            StoppingMode::All => None,
        };
        if let Some(&(_, reason)) = held {
            return Some(reason);
        }
        (Some(bounds.len() as u32) >= Self::iteration_cap(self.options)).then_some(StopReason::IterationLimit)
    }
}

fn has_stalled(bounds: &[f64], window: usize, tolerance: f64) -> bool {
    let n = bounds.len();
    if window == 0 || n < window {
        return false;
    }
    let (now, then) = (bounds[n - 1], bounds[n - window]);
    // A window of one would compare the bound with itself.
    window > 1 && (now - then).abs() / now.abs().max(1.0) < tolerance
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cuts::CutSelection;

    fn options(rules: Vec<StoppingRule>, mode: StoppingMode) -> TrainingOptions {
        TrainingOptions {
            forward_passes: 1,
            stopping_rules: rules,
            stopping_mode: mode,
            seed: 0,
            cut_selection: CutSelection::default(),
        }
    }

    #[test]
    fn the_first_rule_that_holds_ends_training() {
        let options = options(
            vec![
                StoppingRule::IterationLimit { limit: 10 },
                StoppingRule::BoundStalling { iterations: 3, tolerance: 0.01 },
                StoppingRule::TimeLimit { seconds: 60.0 },
            ],
            StoppingMode::Any,
        );
        let bounds = [1000.0, 2000.0, 2000.0, 2001.0, 9000.0, 1e5, 2e5, 3e5, 4e5, 5e5];
        let reason = |n: usize, seconds| Stopping::new(&options).reason(&bounds[..n], seconds);
        assert_eq!(reason(1, 1.0), None);
        assert_eq!(reason(2, 2.0), None);
        assert_eq!(reason(3, 3.0), None);
        assert_eq!(reason(4, 4.0), Some(StopReason::BoundStalling));
        assert_eq!(reason(5, 61.0), Some(StopReason::TimeLimit));
        assert_eq!(reason(9, 5.0), None);
        assert_eq!(reason(10, 5.0), Some(StopReason::IterationLimit));
    }

    #[test]
    fn all_rules_must_hold_together_but_the_largest_limit_caps() {
        let options = options(
            vec![
                StoppingRule::IterationLimit { limit: 3 },
                StoppingRule::IterationLimit { limit: 6 },
                StoppingRule::BoundStalling { iterations: 2, tolerance: 0.01 },
                StoppingRule::TimeLimit { seconds: 60.0 },
            ],
            StoppingMode::All,
        );
        let bounds = [5.0, 5.0, 5.0, 5.0, 5.0, 50.0];
        let reason = |n: usize, seconds| Stopping::new(&options).reason(&bounds[..n], seconds);
        assert_eq!(reason(1, 61.0), None);
        assert_eq!(reason(2, 59.0), None);
        assert_eq!(reason(3, 59.0), None);
        assert_eq!(reason(4, 60.0), Some(StopReason::TimeLimit));
        assert_eq!(reason(6, 61.0), Some(StopReason::IterationLimit));
    }

    #[test]
    fn a_lone_iteration_limit_works_in_both_modes() {
        for mode in [StoppingMode::Any, StoppingMode::All] {
            let options = options(vec![StoppingRule::IterationLimit { limit: 2 }], mode);
            let reasons = [1, 2].map(|n| Stopping::new(&options).reason(&[5.0, 6.0][..n], 0.0));
            assert_eq!(reasons, [None, Some(StopReason::IterationLimit)]);
        }
    }
}
