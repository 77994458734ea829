use std::fmt::Debug;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use serde::{Deserialize, Serialize};

use super::LoadedPolicy;
use super::cut_rows::{CutRows, StateRows, WideCutRows};
use super::summary_rows::SummaryRows;

/// Batches of one stage.
pub(super) type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// What a reader of rows is to give.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// Columns of the table, in the order of `schema`.
    pub(super) columns: Arc<[usize]>,
    /// The wanted columns.
    pub(super) schema: SchemaRef,
    /// Rows of a batch.
    pub(super) batch_size: usize,
}

/// How rows are made of what a policy holds of a stage.
pub(super) trait StageRows: Debug + Send + Sync {
    /// The rows of the stage at position `stage`. Waits for the store.
    fn open(&self, policy: &LoadedPolicy, stage: usize, wanted: &Wanted) -> Result<Batches>;
}

/// What a policy holds, as tables with a column `stage_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PolicyTable {
    /// One row per cut and state component.
    Cuts,
    /// One row per cut, with a column for every state component.
    WideCuts,
    /// One row per trial point and state component.
    States,
    /// One row per stage.
    Summary,
}

impl PolicyTable {
    /// Its name in SQL.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cuts => "cuts",
            Self::WideCuts => "cuts_wide",
            Self::States => "policy_states",
            Self::Summary => "policy_summary",
        }
    }

    /// Its columns for a policy.
    pub(super) fn schema(self, policy: &LoadedPolicy) -> SchemaRef {
        match self {
            Self::Cuts => CutRows::schema(),
            Self::WideCuts => WideCutRows::schema(policy),
            Self::States => StateRows::schema(),
            Self::Summary => SummaryRows::schema(),
        }
    }

    /// What makes its rows of a policy.
    pub(super) fn rows(self, policy: &LoadedPolicy) -> Arc<dyn StageRows> {
        match self {
            Self::Cuts => Arc::new(CutRows::new(policy)),
            Self::WideCuts => Arc::new(WideCutRows),
            Self::States => Arc::new(StateRows),
            Self::Summary => Arc::new(SummaryRows),
        }
    }
}
