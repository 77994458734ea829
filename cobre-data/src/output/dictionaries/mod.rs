//! What the labels, codes and limits of a run's tables mean.

mod bounds;
mod codes;
mod csv;
mod entities;
mod state;
mod variables;

use std::time::SystemTime;

use cobre_engine::Study;

use super::document::{DocumentRecord, WrittenFiles};
use super::timestamp::format_rfc3339;
use super::{OutputError, RunWriter};

/// Writes the dictionaries of a run into its folder `dictionaries/`.
///
/// | file | what it holds |
/// |---|---|
/// | `codes.json` | labels of all codes |
/// | `entities.csv` | entities with their names and buses |
/// | `variables.csv` | every column of every table: type, unit, meaning |
/// | `bounds.parquet` | limits of the entities per stage, after all defaults and overrides |
/// | `state_dictionary.json` | the components of the state vector, in order |
///
/// # Errors
/// [`OutputError::IoError`] when a file cannot be written, or has been written already.
pub fn write_dictionaries(run: &RunWriter, study: &Study) -> Result<WrittenFiles, OutputError> {
    let folder = run.folder();
    let now = format_rfc3339(SystemTime::now());
    let entities = entities::csv(&study.system);
    Ok(WrittenFiles {
        tables: vec![bounds::write(folder, &study.system)?],
        documents: vec![
            DocumentRecord::write_json(folder, "dictionaries/codes.json", &codes::Codes::new(now))?,
            DocumentRecord::write(folder, "dictionaries/entities.csv", entities.as_bytes())?,
            DocumentRecord::write(folder, "dictionaries/variables.csv", variables::csv().as_bytes())?,
            DocumentRecord::write_json(
                folder,
                "dictionaries/state_dictionary.json",
                &state::StateDictionary::new(study),
            )?,
        ],
    })
}
