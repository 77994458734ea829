use std::collections::BTreeMap;
use std::path::PathBuf;

use cobre_engine::simulation::Bucket;

use super::OutputError;
use super::document::DocumentRecord;
use super::manifest::FileRecord;
use super::memory::{MemoryFile, MemoryFolder};
use super::parquet_file::ParquetFile;
use super::run_folder::RunFolder;
use super::schema::TablePhase;
use super::simulation::SimulationTable;
use super::stage_record::BucketManifest;
use super::table_file::TableFile;
use super::table_shape::TableShape;

/// Where the writers of a run put what they make: the folder of a run in a store, or memory. Paths are below it.
#[derive(Clone)]
pub(super) enum Destination {
    Store(Box<RunFolder>),
    Memory(MemoryFolder),
}

impl From<RunFolder> for Destination {
    fn from(folder: RunFolder) -> Self {
        Self::Store(Box::new(folder))
    }
}

impl Destination {
    /// A path as records of files have it: relative to the root of the store.
    pub(super) fn path(&self, below: &str) -> String {
        match self {
            Self::Store(folder) => format!("{}/{below}", folder.relative),
            Self::Memory(_) => below.to_owned(),
        }
    }

    /// The full path or URL of a file, for messages.
    pub(super) fn location(&self, below: &str) -> PathBuf {
        match self {
            Self::Store(folder) => folder.store.location(&format!("{}/{below}", folder.relative)),
            Self::Memory(_) => PathBuf::from(below),
        }
    }

    /// The same for a path of a record.
    pub(super) fn location_of(&self, path: &str) -> PathBuf {
        match self {
            Self::Store(folder) => folder.store.location(path),
            Self::Memory(_) => PathBuf::from(path),
        }
    }

    /// Starts a file of a table. `stem` is its path without extension.
    pub(super) fn create_table(
        &self,
        shape: &TableShape,
        stem: &str,
        partition: BTreeMap<String, i64>,
    ) -> Result<TableFile, OutputError> {
        match self {
            Self::Store(folder) => {
                let relative = format!("{}/{}", folder.relative, folder.file_name(stem));
                let file = ParquetFile::create(&folder.store, &folder.origin, shape, relative, partition)?;
                Ok(TableFile::of_parquet(shape, file))
            }
            Self::Memory(folder) => {
                let file = MemoryFile::new(folder.clone(), shape.clone(), format!("{stem}.parquet"), partition);
                Ok(TableFile::of_memory(shape, file))
            }
        }
    }

    /// Writes a file that is no part of a table.
    pub(super) fn write_document(&self, path: &str, content: Vec<u8>) -> Result<DocumentRecord, OutputError> {
        match self {
            Self::Store(folder) => folder.write_document(path, content),
            Self::Memory(folder) => {
                let document = DocumentRecord::of(path, &content);
                folder.add_document(path, content);
                Ok(document)
            }
        }
    }

    /// Notes the files of a finished phase.
    pub(super) fn finish(&self, phase: TablePhase, files: &[FileRecord]) {
        if let Self::Store(folder) = self {
            folder.ledger.finish(phase, files);
        }
    }

    /// Notes which simulation tables were asked for.
    pub(super) fn describe(&self, tables: &[SimulationTable]) {
        if let Self::Store(folder) = self {
            folder.ledger.describe(tables);
        }
    }

    /// The record of a bucket that is written.
    pub(super) fn bucket_record(
        &self,
        bucket: Bucket,
        discounted_costs: &[f64],
        files: Vec<FileRecord>,
    ) -> BucketManifest {
        let simulation_hash = match self {
            Self::Store(folder) => folder.simulation_hash.clone(),
            Self::Memory(_) => String::new(),
        };
        BucketManifest {
            format_version: BucketManifest::VERSION,
            simulation_hash,
            bucket: bucket.index as u32,
            first_scenario: bucket.first_scenario as u64,
            discounted_costs: discounted_costs.to_vec(),
            files,
        }
    }

    /// Commits a bucket: from now on a resumed run keeps it.
    pub(super) fn commit_bucket(&self, record: &BucketManifest) -> Result<(), OutputError> {
        match self {
            Self::Store(folder) => folder.commit_bucket(record),
            Self::Memory(folder) => {
                folder.add_bucket(record.clone());
                Ok(())
            }
        }
    }
}
