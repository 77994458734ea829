use std::collections::BTreeMap;

use serde::Serialize;

use crate::output::{Manifest, Run, damages};

/// The files of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileInventory {
    /// Tables by qualified name.
    pub tables: BTreeMap<String, TableInventory>,
    /// Files of the policy, and their size (bytes).
    pub policy: (usize, u64),
    /// Other files, and their size (bytes).
    pub documents: (usize, u64),
    /// All files, and their size (bytes).
    pub total: (usize, u64),
}

/// The files of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableInventory {
    /// Rows.
    pub rows: u64,
    /// Files.
    pub files: usize,
    /// Their size (bytes).
    pub bytes: u64,
}

/// What a reading of every file has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Files read.
    pub files: usize,
    /// Their size by the manifest (bytes).
    pub bytes: u64,
    /// Files that are missing or not as they were written.
    pub damages: Vec<Damage>,
}

/// A file that is missing or not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// Path relative to the root.
    pub path: String,
    /// What was found and what was expected.
    pub message: String,
}

impl FileInventory {
    pub(super) fn of(manifest: &Manifest) -> Self {
        let tables = manifest.tables.iter().map(|(name, table)| {
            let bytes = table.files.iter().map(|file| file.bytes).sum();
            (name.clone(), TableInventory { rows: table.rows, files: table.files.len(), bytes })
        });
        let of_policy = manifest.policy.iter().flat_map(|policy| &policy.files);
        let policy = of_policy.fold((0, 0), |(n, bytes), file| (n + 1, bytes + file.bytes));
        let documents = manifest.documents.iter().fold((0, 0), |(n, bytes), file| (n + 1, bytes + file.bytes));
        let total = manifest.files().fold((0, 0), |(n, bytes), file| (n + 1, bytes + file.bytes));
        Self { tables: tables.collect(), policy, documents, total }
    }
}

/// Reads every file of a run whole and compares size and checksum with the manifest.
pub fn verify(run: &Run) -> Verification {
    let files: Vec<_> = run.manifest().files().collect();
    let found = damages(run.store(), &files);
    Verification {
        files: files.len(),
        bytes: files.iter().map(|file| file.bytes).sum(),
        damages: found
            .into_iter()
            .map(|(i, error)| Damage { path: files[i].path.clone(), message: error.to_string() })
            .collect(),
    }
}
