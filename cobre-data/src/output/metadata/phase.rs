use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::super::RunWriter;
use super::super::manifest::RunStatus;
use super::super::process::host_name;
use super::super::timestamp::format_rfc3339;

/// Which program did a phase of a run, where and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseRecord {
    /// `cobre`.
    pub software: String,
    /// Version of the engine.
    pub software_version: String,
    /// Name of the machine, if it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Name of the LP solver.
    pub solver: String,
    /// Version of the LP solver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solver_version: Option<String>,
    /// UTC, RFC 3339.
    pub started_at: String,
    /// UTC, RFC 3339.
    pub completed_at: String,
    /// Wall time (s); of the last process, where several did the phase one after the other.
    pub duration_seconds: f64,
    /// `complete`, or `partial` when the phase was stopped on request.
    pub status: RunStatus,
}

impl PhaseRecord {
    /// A phase that began at `started` and has just ended.
    pub fn ending_now(run: &RunWriter, started: SystemTime, status: RunStatus) -> Self {
        Self::new(run, started, SystemTime::now(), status)
    }

    /// A phase from `started` to `completed`.
    pub fn new(run: &RunWriter, started: SystemTime, completed: SystemTime, status: RunStatus) -> Self {
        let info = run.info();
        Self {
            software: "cobre".to_owned(),
            software_version: info.engine_version.clone(),
            hostname: host_name(),
            solver: info.solver_name.clone(),
            solver_version: info.solver_version.clone(),
            started_at: format_rfc3339(started),
            completed_at: format_rfc3339(completed),
            // A clock that was set back tells no duration.
            duration_seconds: completed.duration_since(started).map_or(0.0, |duration| duration.as_secs_f64()),
            status,
        }
    }
}

/// Who took part in a phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// `local` or `mpi`.
    pub backend: String,
    /// Ranks.
    pub world_size: u32,
    /// Ranks that had work.
    pub ranks_participated: u32,
    /// Machines.
    pub num_hosts: u32,
    /// Worker threads of a rank.
    pub threads_per_rank: u32,
    /// Machines with their ranks; a machine that does not tell its name is left out.
    pub hosts: Vec<Host>,
}

/// A machine and the ranks on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Name.
    pub hostname: String,
    /// Ranks, 0-based.
    pub ranks: Vec<u32>,
}

impl Distribution {
    /// One process with `n_threads` workers.
    pub fn local(n_threads: usize) -> Self {
        Self::of_ranks("local", &[host_name()], 1, n_threads)
    }

    /// Ranks on `hosts` (one each, where it tells its name) with `n_threads` workers each, among which `n_shares` pieces
    /// of work were dealt out.
    pub fn of_ranks(backend: &str, hosts: &[Option<String>], n_shares: usize, n_threads: usize) -> Self {
        let mut named: Vec<Host> = Vec::new();
        for (rank, hostname) in (0..).zip(hosts) {
            let Some(hostname) = hostname else { continue };
            match named.iter_mut().find(|host| &host.hostname == hostname) {
                Some(host) => host.ranks.push(rank),
                None => named.push(Host { hostname: hostname.clone(), ranks: vec![rank] }),
            }
        }
        Self {
            backend: backend.to_owned(),
            world_size: hosts.len() as u32,
            ranks_participated: hosts.len().min(n_shares) as u32,
            num_hosts: named.len().max(1) as u32,
            threads_per_rank: n_threads as u32,
            hosts: named,
        }
    }
}

/// Work of the solver in a phase; counts that are not known are null.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SolveStatistics {
    /// Stage problems solved.
    pub total_lp_solves: Option<u64>,
    /// Stage problems solved without the recovery ladder.
    pub first_try: Option<u64>,
    /// Stage problems that needed the recovery ladder.
    pub retried: Option<u64>,
    /// Stage problems without a solution; a run with one ends in an error and writes no metadata.
    pub failed: Option<u64>,
    /// Time in the solver during forward passes (s), summed over workers; training only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward_solve_seconds: Option<f64>,
    /// Time in the solver during backward passes (s), summed over workers; training only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backward_solve_seconds: Option<f64>,
    /// Time in the solver (s), summed over workers; simulation only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solve_seconds: Option<f64>,
    /// Workers over which the times are summed.
    pub parallelism: Option<u64>,
}

impl SolveStatistics {
    /// Counts of a phase in which every stage problem was solved.
    pub(super) fn solved(lp_solves: u64, retries: u64, n_workers: u64) -> Self {
        Self {
            total_lp_solves: Some(lp_solves),
            first_try: Some(lp_solves.saturating_sub(retries)),
            retried: Some(retries),
            failed: Some(0),
            parallelism: Some(n_workers),
            ..Self::default()
        }
    }
}
