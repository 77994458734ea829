use serde::{Deserialize, Serialize};

use super::info::info_of;
use super::ranks::{Ranks, broken, encode};
use super::{RunError, RunRequest};
use crate::output::host_name;
use crate::output::metadata::Distribution;

/// Who takes part in a run.
pub(super) struct Party<'a> {
    pub(super) request: &'a RunRequest<'a>,
    pub(super) ranks: Ranks<'a>,
    /// Machine of every rank, if it tells.
    hosts: Vec<Option<String>>,
}

/// What a rank says of itself.
#[derive(Serialize, Deserialize)]
struct Introduction {
    host: Option<String>,
    engine_version: String,
    case_hash: String,
    study_hash: String,
    simulation_hash: String,
    solver: String,
}

impl<'a> Party<'a> {
    /// Collective: who takes part.
    ///
    /// # Errors
    /// [`RunError::Refused`] on every rank when they have come for different things.
    pub(super) fn gather(request: &'a RunRequest<'a>) -> Result<Self, RunError> {
        let ranks = Ranks::new(request.control.communicator);
        let info = info_of(request);
        let mine = encode(&Introduction {
            host: host_name(),
            engine_version: info.engine_version,
            case_hash: info.case_hash,
            study_hash: info.study_hash,
            simulation_hash: info.simulation_hash,
            solver: format!("{} {:?}", info.solver_name, info.solver_version),
        })?;
        let gathered = ranks.all_gather(&mine)?;
        let read = |rank| serde_json::from_slice(gathered.of(rank)).map_err(|error| broken(&error));
        let all = (0..ranks.size()).map(read).collect::<Result<Vec<Introduction>, _>>()?;
        let first = &all[0];
        for (rank, other) in all.iter().enumerate() {
            let what = if other.engine_version != first.engine_version {
                "runs another version of the program"
            } else if (&other.case_hash, &other.study_hash) != (&first.case_hash, &first.study_hash) {
                "reads another case"
            } else if other.solver != first.solver {
                "has another solver"
            } else if other.simulation_hash != first.simulation_hash {
                "has other settings"
            } else {
                continue;
            };
            let host = other.host.as_ref().map_or(String::new(), |host| format!(" on {host}"));
            let message =
                format!("rank {rank}{host} {what} than rank 0; hint: give all machines the same program and case");
            return Err(RunError::Refused { message });
        }
        Ok(Self { request, ranks, hosts: all.into_iter().map(|rank| rank.host).collect() })
    }

    /// The record of who took part in a phase with `n_shares` pieces of work to deal out.
    pub(super) fn distribution(&self, n_shares: usize) -> Distribution {
        let n_threads = self.request.control.n_threads;
        Distribution::of_ranks(self.ranks.backend(), &self.hosts, n_shares, n_threads)
    }
}
