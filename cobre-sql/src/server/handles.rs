use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A name that nobody guesses: 128 bits from the operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Handle([u8; 16]);

impl Handle {
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// How much a [`HandleStore`] holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoreLimits {
    /// Values.
    pub(super) count: usize,
    /// What they weigh together (bytes).
    pub(super) bytes: usize,
    /// Time after which a value that nobody has asked for goes.
    pub(super) lifetime: Duration,
}

/// Values that clients come back for. What is over a limit goes, what was not asked for the longest first.
pub(super) struct HandleStore<T> {
    limits: StoreLimits,
    held: Mutex<BTreeMap<Handle, Held<T>>>,
}

struct Held<T> {
    value: T,
    bytes: usize,
    used: Instant,
}

impl<T> HandleStore<T> {
    pub(super) fn new(limits: StoreLimits) -> Self {
        Self { limits, held: Mutex::default() }
    }

    /// Keeps a value that weighs `bytes`.
    pub(super) fn put(&self, handle: Handle, value: T, bytes: usize) {
        let mut held = self.lock();
        held.insert(handle, Held { value, bytes, used: Instant::now() });
        let mut total: usize = held.values().map(|held| held.bytes).sum();
        while held.len() > 1 && (held.len() > self.limits.count || total > self.limits.bytes) {
            let Some(oldest) = held.iter().min_by_key(|(_, held)| held.used).map(|(handle, _)| *handle) else { break };
            total -= held.remove(&oldest).map_or(0, |held| held.bytes);
        }
    }

    /// Takes a value out.
    pub(super) fn take(&self, handle: Handle) -> Option<T> {
        self.lock().remove(&handle).map(|held| held.value)
    }

    /// Without what is too old.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Handle, Held<T>>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, held| held.used.elapsed() < self.limits.lifetime);
        held
    }
}

impl<T: Clone> HandleStore<T> {
    /// A value, which stays.
    pub(super) fn get(&self, handle: Handle) -> Option<T> {
        self.lock().get_mut(&handle).map(|held| {
            held.used = Instant::now();
            held.value.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: StoreLimits = StoreLimits { count: 3, bytes: 100, lifetime: Duration::from_hours(1) };

    fn handles(n: usize) -> Vec<Handle> {
        (0..n).map(|_| Handle::random().expect("random bytes")).collect()
    }

    #[test]
    fn handles_survive_the_way_to_a_client() {
        let handle = Handle::random().expect("random bytes");
        assert_eq!(Handle::of(handle.as_bytes()), Some(handle));
        assert_eq!(Handle::of(b"too short"), None);
        assert_eq!(handle.to_string().len(), 32);
    }

    #[test]
    fn what_nobody_asks_for_goes_first() {
        let store = HandleStore::new(LIMITS);
        let handles = handles(4);
        for (value, handle) in handles[..3].iter().enumerate() {
            store.put(*handle, value, 1);
        }
        assert_eq!(store.get(handles[0]), Some(0));
        store.put(handles[3], 3, 1);
        assert_eq!(store.get(handles[1]), None);
        assert_eq!([0, 2, 3].map(|at: usize| store.take(handles[at])), [Some(0), Some(2), Some(3)]);
        assert_eq!(store.take(handles[0]), None);
    }

    #[test]
    fn weight_is_bounded_too() {
        let store = HandleStore::new(LIMITS);
        let handles = handles(2);
        store.put(handles[0], "first", 60);
        store.put(handles[1], "second", 60);
        assert_eq!([store.get(handles[0]), store.get(handles[1])], [None, Some("second")]);
    }

    #[test]
    fn values_grow_old() {
        let store = HandleStore::new(StoreLimits { lifetime: Duration::ZERO, ..LIMITS });
        let handle = handles(1)[0];
        store.put(handle, (), 1);
        assert_eq!(store.get(handle), None);
    }
}
