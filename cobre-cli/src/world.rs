//! The ranks that a launcher has started.

use std::collections::BTreeMap;

use cobre_engine::comm::{Communicator, Local, Message, MessageReader, Unreadable};

use crate::failure::Failure;

/// How launchers tell a process how many ranks there are, and which one it is: Open MPI; MPICH, Intel MPI and others of
/// its family; MVAPICH; a job step of Slurm.
const LAUNCHERS: [(&str, &str); 4] = [
    ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
    ("PMI_SIZE", "PMI_RANK"),
    ("MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"),
    ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),
];

/// How long a rank that is refused waits for the first one to say so: launchers end all ranks when one has failed.
#[cfg(not(feature = "mpi"))]
const LAST_WORDS: std::time::Duration = std::time::Duration::from_secs(2);

/// The rank that this process is, and the way to the others.
pub(crate) struct World {
    communicator: Box<dyn Communicator>,
}

impl World {
    /// Joins the ranks that a launcher has started; a process without a launcher is by itself.
    pub(crate) fn join() -> Result<Self, Failure> {
        match launched() {
            Some((rank, size)) if size > 1 => join_ranks(rank, size),
            _ => Ok(Self { communicator: Box::new(Local) }),
        }
    }

    pub(crate) fn communicator(&self) -> &dyn Communicator {
        self.communicator.as_ref()
    }

    pub(crate) fn n_ranks(&self) -> usize {
        self.communicator.size()
    }

    /// Whether this rank speaks.
    pub(crate) fn is_first(&self) -> bool {
        self.communicator.rank() == 0
    }

    /// Collective: fails on every rank when one has failed.
    pub(crate) fn agree<T>(&self, mine: Result<T, Failure>) -> Result<T, Failure> {
        if self.n_ranks() == 1 {
            return mine;
        }
        let mut message = Message::new();
        match &mine {
            Ok(_) => message.u8(0).text(""),
            Err(failure) => message.u8(failure.code()).text(&failure.message()),
        };
        let all = self.communicator.all_gather(message.as_bytes()).map_err(|error| internal(&error))?;
        let mine = mine?;
        for rank in 0..self.n_ranks() {
            let mut reader = MessageReader::new(all.of(rank));
            let told = reader.u8().and_then(|code| Ok((code, reader.text()?)));
            match told.map_err(|error: Unreadable| internal(&error))? {
                (0, _) => {}
                (code, message) => return Err(Failure::OtherRank { rank, code, message }),
            }
        }
        Ok(mine)
    }

    /// Collective: the exit code of the first rank, when it has said what there is to say.
    pub(crate) fn code_of_first(&self, mine: u8) -> u8 {
        let mut code = vec![mine];
        match self.communicator.broadcast(0, &mut code) {
            Ok(()) => code.first().copied().unwrap_or(mine),
            Err(_) => mine,
        }
    }

    /// Collective: worker threads that this rank should have so that the ranks of a machine share its cores: those that
    /// it may use, divided by the ranks that may use the same.
    pub(crate) fn suitable_threads(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let allowed = status.lines().find(|line| line.starts_with("Cpus_allowed:")).unwrap_or_default();
        let mine = format!("{host}{allowed}");
        let Ok(all) = self.communicator.all_gather(mine.as_bytes()) else { return cores };
        let sharing = (0..self.n_ranks()).filter(|&rank| all.of(rank) == mine.as_bytes()).count();
        (cores / sharing.max(1)).max(1)
    }
}

fn internal(error: &dyn std::fmt::Display) -> Failure {
    Failure::Internal { message: error.to_string() }
}

/// Rank and number of ranks, as the environment tells them.
fn launched() -> Option<(usize, usize)> {
    let names = LAUNCHERS.iter().flat_map(|&(size, rank)| [size, rank]);
    let told = names.filter_map(|name| Some((name, std::env::var(name).ok()?.parse().ok()?))).collect();
    launched_by(&told)
}

/// The largest world that a variable tells of.
fn launched_by(told: &BTreeMap<&str, usize>) -> Option<(usize, usize)> {
    let worlds =
        LAUNCHERS.iter().filter_map(|(size, rank)| Some((told.get(rank).copied().unwrap_or(0), *told.get(size)?)));
    worlds.max_by_key(|&(_, size)| size)
}

#[cfg(feature = "mpi")]
fn join_ranks(_rank: usize, size: usize) -> Result<World, Failure> {
    let mpi = cobre_engine::comm::Mpi::join().map_err(|error| internal(&error))?;
    if mpi.size() == size {
        return Ok(World { communicator: Box::new(mpi) });
    }
    let message = format!(
        "the launcher has started {size} ranks, but MPI knows of {}\nhint: use the mpiexec of the library that cobre was \
         built with ({}), or build it anew",
        mpi.size(),
        cobre_engine::comm::mpi_version(),
    );
    Err(Failure::Arguments { message })
}

#[cfg(not(feature = "mpi"))]
fn join_ranks(rank: usize, size: usize) -> Result<World, Failure> {
    if rank > 0 {
        std::thread::sleep(LAST_WORDS);
        std::process::exit(1);
    }
    let message = format!(
        "this cobre was built without MPI, but was started as {size} ranks, each of which would do the same run\nhint: \
         build it with `--features mpi`, or start it without a launcher"
    );
    Err(Failure::Arguments { message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_is_told_by_any_launcher() {
        let told = |variables: &[(&'static str, usize)]| launched_by(&variables.iter().copied().collect());
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[("OMPI_COMM_WORLD_SIZE", 4), ("OMPI_COMM_WORLD_RANK", 3)]), Some((3, 4)));
        assert_eq!(told(&[("PMI_SIZE", 2), ("PMI_RANK", 1)]), Some((1, 2)));
        assert_eq!(told(&[("SLURM_PROCID", 0)]), None);
        // mpiexec inside of a job step.
        let both = [("SLURM_STEP_NUM_TASKS", 1), ("SLURM_PROCID", 0), ("PMI_SIZE", 8), ("PMI_RANK", 5)];
        assert_eq!(told(&both), Some((5, 8)));
    }

    #[test]
    fn one_rank_agrees_with_itself() {
        let world = World { communicator: Box::new(Local) };
        assert_eq!(world.agree(Ok(7)).expect("fine"), 7);
        let failed: Result<(), _> = world.agree(Err(Failure::Arguments { message: "no".into() }));
        assert_eq!(failed.expect_err("its own failure").code(), 1);
        assert_eq!(world.code_of_first(5), 5);
        assert_eq!(world.suitable_threads(), std::thread::available_parallelism().map_or(1, usize::from));
    }
}
