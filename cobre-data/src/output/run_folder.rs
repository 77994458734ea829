use std::sync::Arc;
use std::time::SystemTime;

use super::OutputError;
use super::document::DocumentRecord;
use super::ledger::Ledger;
use super::manifest::StageCommit;
use super::ownership::Ownership;
use super::parquet_file::Origin;
use super::stage_record::{BucketManifest, bucket_file, write_record};
use super::timestamp::format_rfc3339;
use crate::store::Store;

/// Where and how a writer puts its files.
#[derive(Clone)]
pub(super) struct RunFolder {
    pub(super) store: Store,
    pub(super) origin: Origin,
    pub(super) ledger: Ledger,
    /// Relative path of the run's folder.
    pub(super) relative: String,
    /// The writer's attempt at the run.
    pub(super) attempt: u32,
    /// Checksum of what decides the rows of the simulation, given the policy.
    pub(super) simulation_hash: String,
    pub(super) ownership: Arc<Ownership>,
}

impl RunFolder {
    /// Name of a Parquet file. Files of a later attempt have names of their own, so that a writer that was thought dead
    /// cannot replace them.
    pub(super) fn file_name(&self, stem: &str) -> String {
        match self.attempt {
            0 => format!("{stem}.parquet"),
            attempt => format!("{stem}-r{attempt}.parquet"),
        }
    }

    /// Name of the folder of the checkpoint after `iteration`.
    pub(super) fn checkpoint_name(&self, iteration: u32) -> String {
        match self.attempt {
            0 => iteration.to_string(),
            attempt => format!("{iteration}-r{attempt}"),
        }
    }

    /// Writes a file that is no part of a table and enters it into the ledger. `relative` is below the run's folder. A
    /// file that an earlier attempt has committed is kept.
    pub(super) fn write_document(&self, relative: &str, content: Vec<u8>) -> Result<DocumentRecord, OutputError> {
        let path = format!("{}/{relative}", self.relative);
        if let Some(document) = self.ledger.document(&path) {
            return Ok(document);
        }
        let document = DocumentRecord::of(&path, &content);
        if !self.store.put_new(&path, content)? {
            return Err(OutputError::manifest(&self.store.location(&path), "another writer has written it"));
        }
        self.ledger.add_documents([document.clone()]);
        Ok(document)
    }

    /// Commits a bucket: from now on a resumed run keeps it.
    pub(super) fn commit_bucket(&self, record: &BucketManifest) -> Result<(), OutputError> {
        self.ownership.check()?;
        let document = write_record(&self.store, &bucket_file(&self.relative, record.bucket as usize), record)?;
        self.ledger.add_documents([document]);
        Ok(())
    }

    /// Notes that a part of the run was committed.
    pub(super) fn stage_commit(&self, stage: &str, extent: u64) -> StageCommit {
        let commit = StageCommit {
            stage: stage.to_string(),
            extent,
            attempt: self.attempt,
            committed_at: format_rfc3339(SystemTime::now()),
        };
        self.ledger.add_stage(commit.clone());
        commit
    }
}
