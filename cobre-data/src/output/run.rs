use std::sync::Arc;
use std::time::SystemTime;

use cobre_engine::system::System;

use super::claim::{Claim, Liveness, unix_seconds};
use super::destination::Destination;
use super::document::DocumentRecord;
use super::earlier::Earlier;
use super::ledger::Ledger;
use super::manifest::{FileRecord, MANIFEST_VERSION, Manifest, PolicyEntry, RunInfo, RunStatus, RunSummary};
use super::options::ResultOptions;
use super::ownership::Ownership;
use super::parquet_file::Origin;
use super::process::Process;
pub(super) use super::run_folder::RunFolder;
use super::run_name::{claim_file, final_manifest_file, partial_manifest_file, run_folder};
use super::run_share::RunShare;
use super::schema::TablePhase;
use super::simulation::{EarlierBuckets, SimulationManifest, SimulationParquetWriter, SimulationSink, Turn};
use super::stage_record::{TrainingManifest, write_simulation_manifest, write_training_manifest};
use super::timestamp::format_rfc3339;
use super::training::{TrainingParquetWriter, TrainingTotals};
use super::verify::verify_all;
use super::{OutputError, run_id};
use crate::store::Store;

/// A run that is being written under an output root.
///
/// Creating one takes a run number; nothing is visible to readers until [`commit`](Self::commit) has verified every
/// file and written the manifest. Dropped without commit, [`release`](Self::release) or [`abort`](Self::abort), the run
/// is left behind like that of a crashed process: claim and files stay, no reader sees them, and
/// [`resume`](Self::resume) goes on where its last committed part ends.
pub struct RunWriter {
    pub(super) folder: RunFolder,
    run: u32,
    started_at: String,
    info: RunInfo,
    earlier: Earlier,
}

impl RunWriter {
    /// Takes the next free run number of `store`.
    ///
    /// # Errors
    /// [`OutputError::IoError`] when the store cannot be written.
    pub fn create(store: &Store, info: RunInfo) -> Result<Self, OutputError> {
        let claim = new_claim(&info);
        let run = claim.take_next(store)?;
        Self::begin(store, claim, run, info, Earlier::default())
    }

    /// Takes run number `run` of `store`.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] at once when the number is in use, with who holds it;
    /// [`OutputError::IoError`] when the store cannot be written.
    pub fn create_numbered(store: &Store, run: u32, info: RunInfo) -> Result<Self, OutputError> {
        let claim = new_claim(&info);
        if run > 0 && claim.take(store, run)? {
            return Self::begin(store, claim, run, info, Earlier::default());
        }
        let path = store.location(&claim_file(run, 0));
        let reason = if store.size(&final_manifest_file(run))?.is_some() {
            "it is complete; hint: leave the number away".to_owned()
        } else {
            let holder = Claim::owner(store, run)?.map_or_else(
                || "its folder is there".to_string(),
                |claim| format!("{} writes it since {}", claim.process, claim.started_at),
            );
            format!("{holder}; hint: leave the number away, or --resume the run")
        };
        Err(OutputError::manifest(&path, format!("run {run} cannot be begun: {reason}")))
    }

    /// Takes over run `run`, which was begun and not completed, and goes on where its last committed part ends. What
    /// was written after that part is removed.
    ///
    /// A writer that left the run in order, or ran on this machine and is gone, is succeeded at once. One on another
    /// machine that has given no sign of life for a minute is succeeded with `takeover` only.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] at once when the run is complete, is being written, was taken over by another
    /// process at the same moment, or was begun for another study.
    pub fn resume(store: &Store, run: u32, info: RunInfo, takeover: bool) -> Result<Self, OutputError> {
        let path = store.location(&claim_file(run, 0));
        let refuse = |message: String| Err(OutputError::manifest(&path, message));
        if store.size(&final_manifest_file(run))?.is_some() {
            return refuse(format!("run {run} is complete, there is nothing to resume"));
        }
        let Some(before) = Claim::owner(store, run)? else {
            return refuse(format!("run {run} was never begun; hint: run without --resume"));
        };
        if before.study_hash != info.study_hash {
            return refuse(format!(
                "run {run} was begun for another study (hash {:.12}, this one has {:.12}); hint: undo the changes of the \
                 case, or begin a new run",
                before.study_hash, info.study_hash
            ));
        }
        match before.liveness() {
            Liveness::Released | Liveness::Gone => {}
            Liveness::Silent(_) if takeover => {}
            Liveness::Silent(silence) => {
                return refuse(format!(
                    "run {run} belongs to {}, which has given no sign of life for {} s; hint: --takeover if it is dead",
                    before.process,
                    silence.as_secs()
                ));
            }
            Liveness::Alive(silence) => {
                return refuse(format!(
                    "run {run} is being written by {} (last sign of life {} s ago)",
                    before.process,
                    silence.as_secs()
                ));
            }
        }
        let claim = before.next_attempt();
        if !claim.take_attempt(store, run)? {
            return refuse(format!("run {run} was taken over by another process at this moment"));
        }
        let earlier = Earlier::read(store, run, Some(&info.simulation_hash))?;
        earlier.remove_leftovers(store, &run_folder(run))?;
        Self::begin(store, claim, run, info, earlier)
    }

    fn begin(store: &Store, claim: Claim, run: u32, info: RunInfo, earlier: Earlier) -> Result<Self, OutputError> {
        let origin = Origin {
            run_id: claim.run_id.clone(),
            engine_version: info.engine_version.clone(),
            case_hash: info.case_hash.clone(),
        };
        let ledger = Ledger::default();
        earlier.enter(&ledger);
        let folder = RunFolder {
            store: store.clone(),
            origin,
            ledger,
            relative: run_folder(run),
            attempt: claim.attempt,
            simulation_hash: info.simulation_hash.clone(),
            ownership: Arc::new(Ownership::begin(store, claim.clone(), run)?),
        };
        Ok(Self { folder, run, started_at: claim.started_at, info, earlier })
    }

    /// Number of the run under its root.
    pub fn run(&self) -> u32 {
        self.run
    }

    /// Identity of the run anywhere; a resumed run keeps it.
    pub fn run_id(&self) -> &str {
        &self.folder.origin.run_id
    }

    /// 0 for the first writer of the run, one more for each that resumed it.
    pub fn attempt(&self) -> u32 {
        self.folder.attempt
    }

    /// Where the run is written.
    pub fn store(&self) -> &Store {
        &self.folder.store
    }

    /// What is known of the run.
    pub fn info(&self) -> &RunInfo {
        &self.info
    }

    /// Relative path of the run's folder.
    pub fn relative(&self) -> &str {
        &self.folder.relative
    }

    /// What earlier attempts at the run have committed.
    pub fn earlier(&self) -> &Earlier {
        &self.earlier
    }

    /// Whether the run is still this writer's, by its last sign of life.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] when another process has taken the run over.
    pub fn check_owned(&self) -> Result<(), OutputError> {
        self.folder.ownership.check()
    }

    /// The writer of the training tables, from the first iteration on.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] when the run already has one.
    pub fn training_writer(&self, system: &System) -> Result<TrainingParquetWriter, OutputError> {
        self.open_phase(TablePhase::Training)?;
        Ok(TrainingParquetWriter::new(self.destination(), system))
    }

    /// The writer of the training tables that continues after a checkpoint: `files` and `totals` are what
    /// [`TrainingParquetWriter::flush`] and [`TrainingParquetWriter::totals`] gave when it was written.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] when the run already has one, or a file is no part of a training table of this
    /// run.
    pub fn resume_training_writer(
        &self,
        system: &System,
        files: Vec<FileRecord>,
        totals: TrainingTotals,
    ) -> Result<TrainingParquetWriter, OutputError> {
        self.open_phase(TablePhase::Training)?;
        TrainingParquetWriter::resume(self.destination(), system, files, totals)
    }

    /// The writer of the simulation tables. It goes on after the buckets that [`earlier`](Self::earlier) attempts have
    /// committed, except with aggregates only.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] when the run already has one, [`OutputError::SchemaError`] when the options do not
    /// fit the tables or the system.
    pub fn simulation_writer(
        &self,
        system: &System,
        options: &ResultOptions,
    ) -> Result<SimulationParquetWriter, OutputError> {
        self.open_phase(TablePhase::Simulation)?;
        let writer = SimulationParquetWriter::new(self.destination(), system, options)?;
        if options.aggregates_only || self.earlier.buckets().is_empty() {
            return Ok(writer);
        }
        writer.resume(EarlierBuckets {
            n_buckets: self.earlier.buckets().len(),
            files: self.earlier.simulation_files(),
            discounted_costs: self.earlier.discounted_costs(),
        })
    }

    /// The writer of the simulation tables on a thread of its own.
    ///
    /// # Errors
    /// As [`simulation_writer`](Self::simulation_writer), and [`OutputError::IoError`] when the thread cannot be started.
    pub fn simulation_sink(&self, system: &System, options: &ResultOptions) -> Result<SimulationSink, OutputError> {
        self.shared_simulation_sink(system, options, 1)
    }

    /// The same for the first of `n_ranks` ranks, which commits what all of them have written. The others have theirs
    /// from the [share](Self::share).
    ///
    /// # Errors
    /// As [`simulation_sink`](Self::simulation_sink).
    pub fn shared_simulation_sink(
        &self,
        system: &System,
        options: &ResultOptions,
        n_ranks: usize,
    ) -> Result<SimulationSink, OutputError> {
        SimulationSink::start(self.simulation_writer(system, options)?.in_turn(Turn { rank: 0, n_ranks })?)
    }

    /// What the other ranks need to write into this run.
    pub fn share(&self) -> RunShare {
        RunShare {
            run: self.run,
            claim: self.folder.ownership.claim().clone(),
            origin: self.folder.origin.clone(),
            simulation_hash: self.folder.simulation_hash.clone(),
            n_earlier: self.earlier.buckets().len(),
        }
    }

    /// Copies the training tables of a complete run into this one, whose training continues it: a run is whole by
    /// itself.
    ///
    /// # Errors
    /// When a file cannot be read or written, or is not as it was written.
    pub fn copy_training_parts(&self, files: &[FileRecord]) -> Result<Vec<FileRecord>, OutputError> {
        let store = &self.folder.store;
        let mut copies = Vec::new();
        for file in files {
            let content = store.get(&file.path)?;
            let name = file.path.rsplit('/').next().unwrap_or_default();
            let path = format!("{}/{}/{name}", self.folder.relative, file.table);
            let copy = DocumentRecord::of(&path, &content);
            if (copy.bytes, &copy.sha256) != (file.bytes, &file.sha256) {
                return Err(OutputError::manifest(&store.location(&file.path), "it is not what was written"));
            }
            if !store.put_new(&path, content.to_vec())? {
                return Err(OutputError::manifest(&store.location(&path), "another writer has written it"));
            }
            copies.push(FileRecord { path, ..file.clone() });
        }
        Ok(copies)
    }

    /// Where the files of the run go.
    pub(super) fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// The same for the writers of tables.
    pub(super) fn destination(&self) -> Destination {
        self.folder.clone().into()
    }

    /// Notes that the tables of a phase get a writer.
    pub(super) fn open_phase(&self, phase: TablePhase) -> Result<(), OutputError> {
        self.folder.ledger.open(phase, &self.folder.store.location(&self.folder.relative))
    }

    /// Commits training: a resumed run starts with the simulation. The training writer must be finished.
    ///
    /// # Errors
    /// When the record cannot be written, or the run was taken over.
    pub fn commit_training(
        &self,
        policy: PolicyEntry,
        totals: TrainingTotals,
        summary: &RunSummary,
    ) -> Result<(), OutputError> {
        self.folder.ownership.check_now()?;
        let commit = self.folder.stage_commit("training", u64::from(policy.iteration));
        let record = TrainingManifest {
            format_version: TrainingManifest::VERSION,
            stages: vec![commit],
            stop_reason: summary.stop_reason.clone().unwrap_or_default(),
            lower_bound: summary.lower_bound.unwrap_or(0.0),
            upper_bound: (summary.upper_bound_mean.unwrap_or(0.0), summary.upper_bound_std),
            totals,
            files: self.folder.ledger.files(),
            documents: self.folder.ledger.documents(),
            policy,
        };
        let document = write_training_manifest(&self.folder.store, &self.folder.relative, &record)?;
        self.folder.ledger.add_documents([document]);
        Ok(())
    }

    /// Commits the simulation: what is left is the commit of the run.
    ///
    /// # Errors
    /// As [`commit_training`](Self::commit_training).
    pub fn commit_simulation(&self, manifest: &SimulationManifest) -> Result<(), OutputError> {
        self.folder.ownership.check_now()?;
        self.folder.stage_commit("simulation", manifest.n_scenarios);
        let document = write_simulation_manifest(&self.folder.store, &self.folder.relative, manifest)?;
        self.folder.ledger.add_documents([document]);
        Ok(())
    }

    /// Verifies every file (size, checksum) and makes the run visible by writing its manifest.
    ///
    /// With [`RunStatus::Partial`] the run can be resumed later, and completed then.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] when a writer was not finished, a file is not as it was written, or the run was
    /// taken over; [`OutputError::IoError`] when the manifest cannot be written. Then there is no manifest, and the run
    /// is [released](Self::release).
    pub fn commit(self, status: RunStatus, summary: RunSummary) -> Result<Manifest, OutputError> {
        let committed = self.write_manifest(status, summary);
        if committed.is_err() && self.folder.ownership.check().is_ok() {
            let _ = self.folder.ownership.release(); // What was committed before can be resumed at once.
        }
        committed
    }

    fn write_manifest(&self, status: RunStatus, summary: RunSummary) -> Result<Manifest, OutputError> {
        let store = &self.folder.store;
        let entries = self.folder.ledger.close(&store.location(&self.folder.relative))?;
        let claim = self.folder.ownership.claim();
        let manifest = Manifest {
            format_version: MANIFEST_VERSION,
            run: self.run,
            run_id: claim.run_id.clone(),
            attempt: claim.attempt,
            writer_id: claim.writer_id.clone(),
            status,
            started_at: self.started_at.clone(),
            completed_at: format_rfc3339(SystemTime::now()),
            host: claim.process.host.clone(),
            info: self.info.clone(),
            summary,
            stages: entries.stages.clone(),
            tables: super::manifest::table_entries(entries.phases(), &entries.simulation, &entries.files),
            documents: entries.documents,
            policy: entries.policy,
        };
        verify_all(store, &manifest.files().collect::<Vec<_>>())?;
        self.folder.ownership.check_now()?;
        let relative = match status {
            RunStatus::Complete => final_manifest_file(self.run),
            RunStatus::Partial => partial_manifest_file(self.run, claim.attempt),
        };
        let path = store.location(&relative);
        let content = serde_json::to_vec_pretty(&manifest).map_err(|error| OutputError::serialization(&path, error))?;
        if !store.put_new(&relative, content)? {
            return Err(OutputError::manifest(&path, "another writer has committed the run"));
        }
        // The run is committed. What is left to tidy up may fail: it is stale then, and `gc` collects it.
        match status {
            RunStatus::Partial => {
                let _ = self.folder.ownership.release();
            }
            RunStatus::Complete => {
                self.folder.ownership.stop();
                let _ = super::gc::tidy(store, &manifest);
            }
        }
        Ok(manifest)
    }

    /// Leaves the run as it is, to be resumed later. No manifest is written.
    ///
    /// # Errors
    /// When the claim cannot be renewed; the run can be resumed all the same.
    pub fn release(self) -> Result<(), OutputError> {
        self.folder.ownership.release()
    }

    /// Whether an attempt has committed anything that a resumed run could start from.
    pub fn has_progress(&self) -> bool {
        self.folder.ledger.has_progress()
    }

    /// Gives the run up: removes its folder and its claims. No manifest is written.
    ///
    /// # Errors
    /// [`OutputError::IoError`] when something cannot be removed.
    pub fn abort(self) -> Result<(), OutputError> {
        self.folder.ownership.stop();
        let store = &self.folder.store;
        store.remove_folder(&self.folder.relative)?;
        for attempt in 0..=self.folder.attempt {
            store.remove(&claim_file(self.run, attempt))?;
        }
        Ok(())
    }
}

fn new_claim(info: &RunInfo) -> Claim {
    let now = SystemTime::now();
    Claim {
        run_id: run_id::new_run_id(now),
        attempt: 0,
        writer_id: run_id::new_run_id(now),
        process: Process::current(),
        started_at: format_rfc3339(now),
        last_sign_of_life: unix_seconds(),
        released: false,
        study_hash: info.study_hash.clone(),
    }
}
