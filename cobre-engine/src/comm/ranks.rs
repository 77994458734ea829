use std::cell::Cell;
use std::ops::Range;

use super::{CommError, Communicator, Gathered, Message, MessageReader, Unreadable, share};
use crate::error::EngineError;
use crate::sddp::Control;

/// What the first byte of an exchanged message says.
const FINE: u8 = 0;
/// The rank that sends it was asked to stop.
const STOP: u8 = 1;
/// The rank that sends it has failed; the rest is the error.
const FAILED: u8 = 2;

/// The ranks of a training or a simulation, and how they fail and stop together.
///
/// What a rank sends is a message or its failure, so a rank that fails needs no way of its own to tell the others: it
/// goes to the next exchange, whichever that is, and all ranks end there with the same error.
pub(crate) struct Ranks<'a> {
    comm: &'a dyn Communicator,
    clock: &'a (dyn Fn() -> f64 + Sync),
    stop_requested: &'a (dyn Fn() -> bool + Sync),
    /// Whether any rank has told that it was asked to stop.
    stop_told: Cell<bool>,
    seconds: Cell<f64>,
}

impl<'a> Ranks<'a> {
    pub(crate) fn new(control: Control<'a>) -> Self {
        Self {
            comm: control.communicator,
            clock: control.clock,
            stop_requested: control.stop_requested,
            stop_told: Cell::new(false),
            seconds: Cell::new(0.0),
        }
    }

    pub(crate) fn size(&self) -> usize {
        self.comm.size()
    }

    pub(crate) fn rank(&self) -> usize {
        self.comm.rank()
    }

    pub(crate) fn is_alone(&self) -> bool {
        self.size() == 1
    }

    /// Whether this rank decides, tells and writes.
    pub(crate) fn is_first(&self) -> bool {
        self.rank() == 0
    }

    /// The items that belong to this rank.
    pub(crate) fn share(&self, n_items: usize) -> Range<usize> {
        share(n_items, self.rank(), self.size())
    }

    /// Whether this rank, or by what was exchanged so far any other, was asked to stop.
    pub(crate) fn is_stop_requested(&self) -> bool {
        self.stop_told.get() || (self.stop_requested)()
    }

    /// Whether all ranks know that one of them was asked to stop: the same answer on all of them.
    pub(crate) fn is_stop_agreed(&self) -> bool {
        if self.is_alone() { (self.stop_requested)() } else { self.stop_told.get() }
    }

    /// Seconds in exchanges since the last call, by the clock handed in: transfer, and waiting for other ranks.
    pub(crate) fn take_seconds(&self) -> f64 {
        self.seconds.take()
    }

    /// Gives every rank what all ranks send.
    ///
    /// # Errors
    /// On every rank that of the first rank that has failed.
    pub(crate) fn exchange(&self, mine: Result<Message, EngineError>) -> Result<Received, EngineError> {
        let started = (self.clock)();
        let (mut sent, mut failure) = (Message::new(), None);
        match mine {
            Ok(message) => {
                sent.u8(if (self.stop_requested)() { STOP } else { FINE });
                sent.append(&message);
            }
            Err(error) => {
                write_error(sent.u8(FAILED), self.rank(), &error);
                failure = Some(error);
            }
        }
        let all = self.comm.all_gather(sent.as_bytes())?;
        self.seconds.set(self.seconds.get() + ((self.clock)() - started));
        for rank in 0..all.n_ranks() {
            let mut reader = MessageReader::new(all.of(rank));
            match reader.u8()? {
                FINE => {}
                STOP => self.stop_told.set(true),
                _ => {
                    let own = failure.take().filter(|_| rank == self.rank());
                    return Err(own.map_or_else(|| read_error(&mut reader), Ok)?);
                }
            }
        }
        Ok(Received(all))
    }

    /// Gives the first rank what all ranks send; none of them can have failed since the last exchange.
    pub(crate) fn collect(&self, mine: &Message) -> Result<Option<Received>, EngineError> {
        let mut sent = Message::new();
        sent.u8(FINE).append(mine);
        Ok(self.comm.gather(0, sent.as_bytes())?.map(Received))
    }

    /// Fails on every rank when one has failed.
    pub(crate) fn agree<T>(&self, mine: Result<T, EngineError>) -> Result<T, EngineError> {
        if self.is_alone() {
            return mine;
        }
        let told = mine.as_ref().map(|_| Message::new()).map_err(Clone::clone);
        self.exchange(told).and(mine)
    }

    /// Tells the other ranks that this one cannot go on, for a reason of its own.
    pub(crate) fn fail(&self, message: String) {
        if !self.is_alone() {
            // Every rank ends with this error, this one with its own.
            let _ = self.exchange(Err(EngineError::OtherRank { rank: self.rank(), message }));
        }
    }

    /// Takes what the first rank decides: a byte.
    pub(crate) fn first_decides(&self, decide: impl FnOnce() -> u8) -> Result<u8, EngineError> {
        let mut message = Message::new();
        if self.is_first() {
            message.u8(decide());
        }
        if self.is_alone() {
            return Ok(message.as_bytes()[0]);
        }
        Ok(self.exchange(Ok(message))?.of(0).u8()?)
    }
}

/// What all ranks have sent.
pub(crate) struct Received(Gathered);

impl Received {
    pub(crate) fn of(&self, rank: usize) -> MessageReader<'_> {
        MessageReader::new(&self.0.of(rank)[1..])
    }

    /// The messages of all ranks, in their order.
    pub(crate) fn all(&self) -> impl Iterator<Item = MessageReader<'_>> {
        (0..self.0.n_ranks()).map(|rank| self.of(rank))
    }
}

impl From<CommError> for EngineError {
    fn from(error: CommError) -> Self {
        Self::Communication { message: error.to_string() }
    }
}

impl From<Unreadable> for EngineError {
    fn from(error: Unreadable) -> Self {
        let message = format!("{error}; hint: start the same program on every machine");
        Self::Communication { message }
    }
}

/// Writes an error for other ranks: a failed solve with all that is known of it, everything else as its message.
fn write_error(message: &mut Message, rank: usize, error: &EngineError) {
    use crate::sddp::Phase;
    use crate::solver::LpStatus;
    match error {
        EngineError::StageProblem { phase, stage_id, opening, iteration, path, status, dump } => {
            let phase = match phase {
                Phase::Forward => 0,
                Phase::Backward => 1,
                Phase::LowerBound => 2,
                Phase::Simulation => 3,
            };
            let (status, code) = match status {
                LpStatus::Optimal => (0, 0),
                LpStatus::Infeasible => (1, 0),
                LpStatus::Unbounded => (2, 0),
                LpStatus::Failed(code) => (3, *code),
            };
            message.u8(0).u8(phase).u32(*stage_id as u32).u64(*opening as u64).u32(*iteration).u64(*path as u64);
            message.u8(status).u32(code as u32).text(dump);
        }
        EngineError::OtherRank { rank, message: text } => {
            message.u8(1).u64(*rank as u64).text(text);
        }
        other => {
            message.u8(1).u64(rank as u64).text(&other.to_string());
        }
    }
}

fn read_error(reader: &mut MessageReader<'_>) -> Result<EngineError, Unreadable> {
    use crate::sddp::Phase;
    use crate::solver::LpStatus;
    if reader.u8()? == 1 {
        return Ok(EngineError::OtherRank { rank: reader.usize()?, message: reader.text()? });
    }
    Ok(EngineError::StageProblem {
        phase: match reader.u8()? {
            0 => Phase::Forward,
            1 => Phase::Backward,
            2 => Phase::LowerBound,
            _ => Phase::Simulation,
        },
        stage_id: reader.u32()? as i32,
        opening: reader.usize()?,
        iteration: reader.u32()?,
        path: reader.usize()?,
        status: match (reader.u8()?, reader.u32()? as i32) {
            (0, _) => LpStatus::Optimal,
            (1, _) => LpStatus::Infeasible,
            (2, _) => LpStatus::Unbounded,
            (_, code) => LpStatus::Failed(code),
        },
        dump: reader.text()?,
    })
}
