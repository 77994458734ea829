use serde::{Deserialize, Serialize};

use super::OutputError;
use super::destination::Destination;
use super::manifest::FileRecord;
use crate::store::Fingerprint;

/// A file that is no part of a table: JSON, CSV, or a part of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRecord {
    /// Path relative to the output root, `/` between folders.
    pub path: String,
    /// Size (bytes).
    pub bytes: u64,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
}

/// Tables and documents that were written together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WrittenFiles {
    /// Parquet files.
    pub tables: Vec<FileRecord>,
    /// JSON and CSV files.
    pub documents: Vec<DocumentRecord>,
}

impl DocumentRecord {
    /// The record of `content` at `path`.
    pub(super) fn of(path: &str, content: &[u8]) -> Self {
        let fingerprint = Fingerprint::of(content);
        Self { path: path.to_string(), bytes: fingerprint.bytes, sha256: fingerprint.sha256 }
    }

    /// Writes `content` as the file `name` (with its folder) of a run.
    pub(super) fn write(to: &Destination, name: &str, content: &[u8]) -> Result<Self, OutputError> {
        to.write_document(name, content.to_vec())
    }

    /// Writes `value` as the JSON file `name` (with its folder) of a run.
    pub(super) fn write_json(to: &Destination, name: &str, value: &impl Serialize) -> Result<Self, OutputError> {
        let path = to.location(name);
        let mut content = serde_json::to_vec_pretty(value).map_err(|error| OutputError::serialization(&path, error))?;
        content.push(b'\n');
        Self::write(to, name, &content)
    }
}
