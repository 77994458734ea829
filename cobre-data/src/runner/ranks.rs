use cobre_engine::EngineError;
use cobre_engine::comm::{Communicator, Gathered, Message, MessageReader, Unreadable};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::RunError;

/// The ranks of a run, and how they agree.
///
/// The first rank owns the run: it reads, decides, writes and tells. The others learn what comes of it, so that all of
/// them go the same way and end with the same outcome. Every method is called by all ranks, in the same order.
#[derive(Clone, Copy)]
pub(super) struct Ranks<'a> {
    comm: &'a dyn Communicator,
}

impl<'a> Ranks<'a> {
    pub(super) fn new(comm: &'a dyn Communicator) -> Self {
        Self { comm }
    }

    pub(super) fn rank(self) -> usize {
        self.comm.rank()
    }

    pub(super) fn size(self) -> usize {
        self.comm.size()
    }

    pub(super) fn is_first(self) -> bool {
        self.rank() == 0
    }

    /// Name of the mechanism, for records.
    pub(super) fn backend(self) -> &'static str {
        self.comm.name()
    }

    /// What only the first rank is given.
    pub(super) fn only_first<T>(self, value: T) -> Option<T> {
        self.is_first().then_some(value)
    }

    /// Does something with what only the first rank has; all ranks get what comes of it.
    pub(super) fn by_first<O, T: Serialize + DeserializeOwned>(
        self,
        owned: Option<O>,
        work: impl FnOnce(O) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        let mut done = None;
        let bytes = self.bytes_by_first(owned, |owned| {
            let value = work(owned)?;
            let bytes = if self.size() == 1 { Vec::new() } else { encode(&value)? };
            done = Some(value);
            Ok(bytes)
        })?;
        match done {
            Some(value) => Ok(value),
            None => serde_json::from_slice(&bytes).map_err(|error| broken(&error)),
        }
    }

    /// The same for bytes.
    pub(super) fn bytes_by_first<O>(
        self,
        owned: Option<O>,
        work: impl FnOnce(O) -> Result<Vec<u8>, RunError>,
    ) -> Result<Vec<u8>, RunError> {
        let mine = owned.map(work);
        let mut message = Message::new();
        match &mine {
            Some(mine) if self.size() > 1 => write_outcome(&mut message, mine.as_deref()),
            _ => {}
        }
        let mut sent = message.into_bytes();
        self.comm.broadcast(0, &mut sent).map_err(|error| broken(&error))?;
        match mine {
            Some(mine) => mine,
            None => read_outcome(0, &sent).map(<[u8]>::to_vec),
        }
    }

    /// Fails on every rank when one has failed: with its own error where it has one, else with what the first of the
    /// others says.
    pub(super) fn agree<T>(self, mine: Result<T, RunError>) -> Result<T, RunError> {
        if self.size() == 1 {
            return mine;
        }
        let mut message = Message::new();
        write_outcome(&mut message, mine.as_ref().map(|_| &[][..]));
        let all = self.comm.all_gather(message.as_bytes()).map_err(|error| broken(&error))?;
        let mine = mine?;
        for rank in 0..self.size() {
            read_outcome(rank, all.of(rank))?;
        }
        Ok(mine)
    }

    /// Gives every rank what all ranks send.
    pub(super) fn all_gather(self, mine: &[u8]) -> Result<Gathered, RunError> {
        self.comm.all_gather(mine).map_err(|error| broken(&error))
    }

    /// Waits until all ranks have come here, where they still can.
    pub(super) fn wait(self) {
        let _ = self.comm.barrier();
    }
}

pub(super) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, RunError> {
    serde_json::to_vec(value).map_err(|error| broken(&error))
}

/// Tells the others bytes, or an error.
fn write_outcome(message: &mut Message, outcome: Result<&[u8], &RunError>) {
    match outcome {
        Ok(bytes) => message.u8(1).bytes(bytes),
        Err(error) => message.u8(0).text(&error.to_string()),
    };
}

/// What a rank has told: bytes, or its error.
fn read_outcome(rank: usize, sent: &[u8]) -> Result<&[u8], RunError> {
    let mut reader = MessageReader::new(sent);
    let mut read = || {
        let is_fine = reader.u8()? == 1;
        Ok((is_fine, reader.bytes()?))
    };
    let (is_fine, bytes) = read().map_err(|error: Unreadable| broken(&error))?;
    if is_fine {
        return Ok(bytes);
    }
    Err(RunError::OtherRank { rank, message: String::from_utf8_lossy(bytes).into_owned() })
}

pub(super) fn broken(error: &dyn std::fmt::Display) -> RunError {
    RunError::Engine(EngineError::Communication { message: error.to_string() })
}
