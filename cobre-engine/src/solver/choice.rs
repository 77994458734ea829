#[cfg(feature = "highs")]
use super::Highs;
use super::{DualSimplex, LpSolver};

/// The solvers of the toolkit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SolverChoice {
    /// The dual simplex made for stage problems.
    #[default]
    DualSimplex,
    /// HiGHS.
    #[cfg(feature = "highs")]
    Highs,
}

impl SolverChoice {
    /// All solvers of this build.
    pub const ALL: &'static [Self] = &[
        Self::DualSimplex,
        #[cfg(feature = "highs")]
        Self::Highs,
    ];

    /// The name used in cases, on the command line and in outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::DualSimplex => "dual_simplex",
            #[cfg(feature = "highs")]
            Self::Highs => "highs",
        }
    }

    /// The solver of a name, if this build has it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|choice| choice.name() == name)
    }

    /// Version, where it is not that of the toolkit.
    pub fn version(self) -> Option<String> {
        match self {
            Self::DualSimplex => None,
            #[cfg(feature = "highs")]
            Self::Highs => Some(super::highs_version()),
        }
    }

    /// Makes a solver.
    pub fn make(self) -> Box<dyn LpSolver> {
        match self {
            Self::DualSimplex => Box::new(DualSimplex::new()),
            #[cfg(feature = "highs")]
            Self::Highs => Box::new(Highs::new()),
        }
    }
}
