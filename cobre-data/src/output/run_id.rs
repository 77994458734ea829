use std::hash::{BuildHasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

/// A new identity for a run, laid out like a UUID of version 7: milliseconds since 1970, then bits drawn from the
/// operating system's randomness (it keys [`RandomState`]), the process and the clock.
pub(super) fn new_run_id(now: SystemTime) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let draw = |salt: u8| RandomState::new().hash_one((salt, std::process::id(), since));
    let (high, low) = (draw(0), draw(1));
    let milliseconds = since.as_millis() as u64 & 0xffff_ffff_ffff;
    format!(
        "{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}",
        milliseconds >> 16,
        milliseconds & 0xffff,
        high & 0xfff,
        0x8000 | (high >> 16 & 0x3fff),
        low & 0xffff_ffff_ffff,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differs_even_at_the_same_instant() {
        let ids: std::collections::BTreeSet<String> = (0..1000).map(|_| new_run_id(UNIX_EPOCH)).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            let lengths: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
            assert!(id.split('-').all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit())));
        }
    }
}
