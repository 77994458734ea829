use crate::cuts::CutSelection;

/// A rule that ends training.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum StoppingRule {
    /// After `limit` iterations, whatever the other rules say.
    IterationLimit {
        /// Number of iterations.
        limit: u32,
    },
    /// After an iteration that ends later than `seconds` after the start.
    TimeLimit {
        /// Seconds, by the clock handed in.
        seconds: f64,
    },
    /// When `|LB_now − LB_window| / max(1, |LB_now|) < tolerance`, `LB_window` being the bound `iterations` entries
    /// from the end of the history.
    BoundStalling {
        /// Length of the window.
        iterations: u32,
        /// Relative tolerance.
        tolerance: f64,
    },
}

/// How several rules combine. An iteration limit always ends training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StoppingMode {
    /// One rule is enough.
    #[default]
    Any,
    /// All rules but the iteration limit must hold at the same iteration.
    All,
}

/// Options of training.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingOptions {
    /// Trajectories per forward pass, at least 1.
    pub forward_passes: usize,
    /// Rules that end training; at least one iteration limit.
    pub stopping_rules: Vec<StoppingRule>,
    /// How they combine.
    pub stopping_mode: StoppingMode,
    /// Seed of the forward samples.
    pub seed: u64,
    /// Which cuts leave the outer approximation on the way.
    pub cut_selection: CutSelection,
}

/// Options of a simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulationOptions {
    /// Number of scenarios.
    pub n_scenarios: usize,
    /// Scenarios per bucket, at least 1; a function of case and configuration only.
    pub bucket_size: usize,
    /// Seed of the scenarios.
    pub seed: u64,
}
