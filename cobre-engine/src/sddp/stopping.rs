use super::options::{StoppingMode, StoppingRule, TrainingOptions};
use super::record::StopReason;

/// Decides after every iteration whether training ends.
pub(super) struct Stopping<'a> {
    options: &'a TrainingOptions,
    bounds: Vec<f64>,
}

impl<'a> Stopping<'a> {
    pub(super) fn new(options: &'a TrainingOptions) -> Self {
        Self { options, bounds: Vec::new() }
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

    /// Takes the bound of an iteration; the reason to stop, if there is one.
    pub(super) fn update(&mut self, iteration: u32, lower_bound: f64, elapsed_seconds: f64) -> Option<StopReason> {
        self.bounds.push(lower_bound);
        let others: Vec<(bool, StopReason)> = self
            .options
            .stopping_rules
            .iter()
            .filter_map(|rule| match *rule {
                StoppingRule::IterationLimit { .. } => None,
                StoppingRule::TimeLimit { seconds } => Some((elapsed_seconds >= seconds, StopReason::TimeLimit)),
                StoppingRule::BoundStalling { iterations, tolerance } => {
                    Some((self.has_stalled(iterations as usize, tolerance), StopReason::BoundStalling))
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
        (Some(iteration) >= Self::iteration_cap(self.options)).then_some(StopReason::IterationLimit)
    }

    fn has_stalled(&self, window: usize, tolerance: f64) -> bool {
        let n = self.bounds.len();
        if window == 0 || n < window {
            return false;
        }
        let (now, then) = (self.bounds[n - 1], self.bounds[n - window]);
        // A window of one would compare the bound with itself.
        window > 1 && (now - then).abs() / now.abs().max(1.0) < tolerance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(rules: Vec<StoppingRule>, mode: StoppingMode) -> TrainingOptions {
        TrainingOptions { forward_passes: 1, stopping_rules: rules, stopping_mode: mode, seed: 0 }
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
        let mut stopping = Stopping::new(&options);
        assert_eq!(stopping.update(1, 1000.0, 1.0), None);
        assert_eq!(stopping.update(2, 2000.0, 2.0), None);
        assert_eq!(stopping.update(3, 2000.0, 3.0), None);
        assert_eq!(stopping.update(4, 2001.0, 4.0), Some(StopReason::BoundStalling));
        assert_eq!(stopping.update(5, 9000.0, 61.0), Some(StopReason::TimeLimit));
        assert_eq!(stopping.update(10, 99000.0, 5.0), Some(StopReason::IterationLimit));
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
        let mut stopping = Stopping::new(&options);
        assert_eq!(stopping.update(1, 5.0, 61.0), None);
        assert_eq!(stopping.update(2, 5.0, 59.0), None);
        assert_eq!(stopping.update(3, 5.0, 59.0), None);
        assert_eq!(stopping.update(4, 5.0, 60.0), Some(StopReason::TimeLimit));
        assert_eq!(stopping.update(6, 50.0, 61.0), Some(StopReason::IterationLimit));
    }

    #[test]
    fn a_lone_iteration_limit_works_in_both_modes() {
        for mode in [StoppingMode::Any, StoppingMode::All] {
            let options = options(vec![StoppingRule::IterationLimit { limit: 2 }], mode);
            let mut stopping = Stopping::new(&options);
            let first = stopping.update(1, 5.0, 0.0);
            let second = stopping.update(2, 6.0, 0.0);
            assert_eq!((first, second), (None, Some(StopReason::IterationLimit)));
        }
    }
}
