//! What the labels, codes and limits of a run's tables mean.

mod bounds;
mod codes;
mod csv;
mod entities;
mod state;
mod variables;

use std::time::SystemTime;

use cobre_engine::Study;

use super::destination::Destination;
use super::document::{DocumentRecord, WrittenFiles};
use super::schema::TablePhase;
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
    write_into(&run.destination(), study)
}

/// Makes the dictionaries.
pub(super) fn write_into(to: &Destination, study: &Study) -> Result<WrittenFiles, OutputError> {
    let now = format_rfc3339(SystemTime::now());
    let entities = entities::csv(&study.system);
    let tables = vec![bounds::write(to, &study.system)?];
    to.finish(TablePhase::Dictionaries, &tables);
    Ok(WrittenFiles {
        tables,
        documents: vec![
            DocumentRecord::write_json(to, "dictionaries/codes.json", &codes::Codes::new(now))?,
            DocumentRecord::write(to, "dictionaries/entities.csv", entities.as_bytes())?,
            DocumentRecord::write(to, "dictionaries/variables.csv", variables::csv().as_bytes())?,
            DocumentRecord::write_json(to, "dictionaries/state_dictionary.json", &state::StateDictionary::new(study))?,
        ],
    })
}
