use serde::{Deserialize, Serialize};

use super::super::manifest::FileRecord;
use super::TrainingTotals;

/// What a finished training wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingManifest {
    /// Parts of the training tables, in the order in which they were written.
    pub files: Vec<FileRecord>,
    /// Iterations, bounds and work.
    #[serde(flatten)]
    pub totals: TrainingTotals,
}
