use std::io::Write;

use serde::{Deserialize, Serialize};

use super::OutputError;
use super::manifest::FileRecord;
use super::run::RunFolder;

/// A JSON or CSV file that was written and made durable.
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
    /// Writes `content` as the file `name` (with its folder) of a run.
    pub(super) fn write(folder: &RunFolder, name: &str, content: &[u8]) -> Result<Self, OutputError> {
        let path = format!("{}/{name}", folder.relative);
        let mut file = folder.store.create(&path)?;
        file.write_all(content).map_err(|source| OutputError::io("write", &folder.store.path(&path), source))?;
        let fingerprint = file.publish()?;
        Ok(Self { path, bytes: fingerprint.bytes, sha256: fingerprint.sha256 })
    }

    /// Writes `value` as the JSON file `name` (with its folder) of a run.
    pub(super) fn write_json(folder: &RunFolder, name: &str, value: &impl Serialize) -> Result<Self, OutputError> {
        let path = folder.store.path(&format!("{}/{name}", folder.relative));
        let mut content = serde_json::to_vec_pretty(value).map_err(|error| OutputError::serialization(&path, error))?;
        content.push(b'\n');
        Self::write(folder, name, &content)
    }
}
