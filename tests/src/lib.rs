//! The integration tests live in `tests/all.rs`; the library of this package is empty.
