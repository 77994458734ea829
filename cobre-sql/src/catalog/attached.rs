use std::sync::Arc;

use cobre_data::store::{Store, StoreOptions};
use datafusion::execution::object_store::ObjectStoreRegistry;

use super::case_source::CaseSource;
use super::memory_source::MemorySource;
use super::schema::StudySchema;
use super::source::{StudySource, blocking};
use crate::table::FooterCache;
use crate::{Attachment, SqlError};

/// What is attached: an output root, a case directory, or what lies in memory.
pub(crate) enum Attached {
    Run(StudySource),
    Case(CaseSource),
    Memory(MemorySource),
}

impl Attached {
    /// Looks what lies at the location: what holds a configuration and no manifests is a case.
    pub(crate) async fn open(
        attachment: &Attachment,
        store: Store,
        options: &StoreOptions,
        footers: &Arc<FooterCache>,
    ) -> Result<Self, SqlError> {
        let place = store.clone();
        let is_case = move || Ok(place.size("config.json")?.is_some() && place.list("_meta")?.files.is_empty());
        if !blocking(is_case).await? {
            return Ok(Self::Run(StudySource::new(attachment.clone(), store, footers)));
        }
        if let Some(run) = attachment.run {
            let message = format!("a case has no run {run}; hint: attach the folder of its outputs");
            return Err(SqlError::Attachment { attachment: attachment.location.to_string(), message });
        }
        Ok(Self::Case(CaseSource::new(attachment.clone(), store, options.clone())))
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Run(source) => source.name(),
            Self::Case(source) => source.name(),
            Self::Memory(source) => source.name(),
        }
    }

    /// Its schemas, of what is there now: the first has its name. `stores` is where DataFusion looks for files.
    pub(crate) async fn refresh(&mut self, stores: &dyn ObjectStoreRegistry) -> Result<Vec<StudySchema>, SqlError> {
        match self {
            Self::Run(source) => {
                let run = source.refresh(stores).await?;
                Ok(std::iter::once(run).chain(source.inputs().await?).collect())
            }
            Self::Case(source) => Ok(vec![source.refresh().await?]),
            Self::Memory(source) => Ok(vec![source.schema()]),
        }
    }
}
