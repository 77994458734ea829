use std::path::Path;
use std::sync::Arc;

use cobre_data::case::{CaseError, read_case, read_case_at};
use cobre_data::output::{OutputError, Run};
use cobre_data::store::{FileInfo, Store, StoreOptions};

use super::schema::{StudySchema, Tables};
use super::source::blocking;
use crate::inputs::input_tables;
use crate::{Attachment, SqlError};

/// Folders of a case; what else lies there, such as outputs, is no part of it.
const FOLDERS: [&str; 4] = ["", "constraints", "scenarios", "system"];

/// An attached case, and its tables as they were at the last look.
pub(crate) struct CaseSource {
    attachment: Attachment,
    store: Store,
    options: StoreOptions,
    seen: Option<(Vec<FileInfo>, Arc<Tables>)>,
}

impl CaseSource {
    pub(super) fn new(attachment: Attachment, store: Store, options: StoreOptions) -> Self {
        Self { attachment, store, options, seen: None }
    }

    pub(super) fn name(&self) -> &str {
        &self.attachment.name
    }

    /// The tables of the case as it is now: it is read again when a file has changed.
    pub(super) async fn refresh(&mut self) -> Result<StudySchema, SqlError> {
        let store = self.store.clone();
        let files = blocking(move || files(&store)).await?;
        let tables = match &self.seen {
            Some((seen, tables)) if *seen == files => Arc::clone(tables),
            _ => Arc::new(self.read().await?),
        };
        self.seen = Some((files, Arc::clone(&tables)));
        Ok(StudySchema::new(self.name(), tables))
    }

    async fn read(&self) -> Result<Tables, SqlError> {
        let (location, options) = (self.attachment.location.clone(), self.options.clone());
        let case: Result<_, CaseError> = blocking(move || Ok(read_case_at(&location, &options))).await?;
        Ok(input_tables(&Arc::new(case?)))
    }
}

fn files(store: &Store) -> Result<Vec<FileInfo>, OutputError> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        files.extend(store.list(folder)?.files);
    }
    Ok(files)
}

/// The inputs of a run, where its case is still there as it was.
pub(super) fn inputs_of(run: &Run) -> Option<Tables> {
    let info = &run.manifest().info;
    let path = Path::new(&info.case_path);
    let case = read_case(path.join("config.json").is_file().then_some(path)?).ok()?;
    (case.case_hash == info.case_hash).then(|| input_tables(&Arc::new(case)))
}
