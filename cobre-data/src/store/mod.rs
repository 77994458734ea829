//! Where results, policies and cases live: a local disk, an object store, or memory, behind one [`Store`].
//!
//! A [`Location`] names the place, by a path or a URL; [`StoreOptions`] hold what the URL does not say, such as
//! credentials. All back ends are [`object_store::ObjectStore`]s: S3, Azure, Google storage and memory those of
//! `object_store`, the local disk our own, because it has to sync what it writes. Google storage runs the same code as
//! the others and has never been tested against a server.
//!
//! What the outputs rely on, on every back end:
//!
//! - A file appears under its name whole or not at all, and stays once the call has returned.
//! - [`Store::put_new`] is exclusive: of all who write different contents under one name, one succeeds.
//! - A write is reported as done only if it is. Where the answer of a server was lost or is an error, the store looks
//!   at what is there before it says anything.
//!
//! The calls block. The work itself runs on two threads of the process, so that a call may also come from a thread that
//! belongs to another asynchronous runtime. They do not survive a `fork`.

mod content;
mod disk;
mod facade;
mod failure;
mod fingerprint;
mod listing;
mod location;
mod open;
mod options;
mod pending;
mod put;
mod runtime;

pub use facade::Store;
pub use fingerprint::Fingerprint;
pub use listing::{FileInfo, Listing};
pub use location::Location;
pub use options::StoreOptions;
pub use pending::PendingFile;
