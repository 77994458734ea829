//! The rules of the house, checked on the tree itself: who may depend on whom, what a file may hold, what the
//! documents point at. They read the sources and ask cargo; nothing of Cobre is run.

mod arrows;
mod documents;
mod files;
mod rust_source;
mod tree;
mod unsafety;
mod versions;
