//! What a run says of itself: its entities, codes, columns, state components, files, and the runs beside it.

mod codes;
mod document;
mod entities;
mod files;
mod runs;
mod state;
mod variables;

use std::sync::Arc;

use cobre_data::output::Run;
use datafusion::catalog::TableProvider;
use datafusion::error::Result;

use crate::catalog::{Entry, Tables};
use document::Document;
use runs::Runs;

/// How a table is read from a document of the run.
type Read = fn(&Document) -> Result<Arc<dyn TableProvider>>;

/// Tables that are documents of a run: name, document, and how it is read.
const DOCUMENTS: &[(&str, &str, Read)] = &[
    ("codes", "codes.json", codes::table),
    ("entities", "entities.csv", entities::table),
    ("state_dictionary", "state_dictionary.json", state::table),
    ("variables", "variables.csv", variables::table),
];

/// The dictionaries of a run.
pub(crate) fn dictionary_tables(run: &Arc<Run>) -> Tables {
    let written = DOCUMENTS.iter().filter_map(|&(name, file, read)| {
        let document = Document::find(run, file)?;
        Some((name.to_owned(), Entry::new(move || open(document.clone(), read))))
    });
    let mut tables: Tables = written.collect();
    let of_files = Arc::clone(run);
    tables.insert("files".to_owned(), Entry::new(move || std::future::ready(files::table(of_files.manifest()))));
    let of_runs = Arc::clone(run);
    tables.insert("runs".to_owned(), Entry::new(move || std::future::ready(open_runs(&of_runs))));
    tables
}

async fn open(document: Document, read: Read) -> Result<Arc<dyn TableProvider>> {
    let content = document.read().await?;
    read(&content)
}

fn open_runs(run: &Arc<Run>) -> Result<Arc<dyn TableProvider>> {
    Ok(Arc::new(Runs::new(Arc::clone(run))?))
}
