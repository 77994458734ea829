//! Every JSON object of the format and every key it may have: what the reader checks keys against, and what
//! `docs/case-keys.md` lists.

pub(super) mod config;
pub(super) mod refused;
pub(super) mod scenarios;
pub(super) mod stages;
pub(super) mod system;

/// What the reader does with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Its value is read.
    Read,
    /// Refused with this code unless it says nothing (null, false, empty).
    Refused(&'static str),
    /// Without effect; a warning says so.
    Accepted,
    /// Gone from the format; an error names its successor.
    Retired,
}

/// A key of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// The key.
    pub(super) name: &'static str,
    /// What happens to it.
    pub(super) usage: Use,
    /// Explanation, for the documentation and for hints.
    pub(super) note: &'static str,
}

/// An object of the format.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// The file it stands in; used by the documentation only.
    pub(super) file: &'static str,
    /// Where in the file: keys joined by dots, `[]` for the items of an array; empty for the root.
    pub(super) path: &'static str,
    /// Its keys.
    pub(super) keys: &'static [Key],
}

const fn read(name: &'static str) -> Key {
    Key { name, usage: Use::Read, note: "" }
}

const fn noted(name: &'static str, note: &'static str) -> Key {
    Key { name, usage: Use::Read, note }
}

const fn refused(name: &'static str, code: &'static str) -> Key {
    Key { name, usage: Use::Refused(code), note: "" }
}

const fn accepted(name: &'static str, note: &'static str) -> Key {
    Key { name, usage: Use::Accepted, note }
}

const fn retired(name: &'static str, note: &'static str) -> Key {
    Key { name, usage: Use::Retired, note }
}

/// All objects, in the order of the documentation.
#[cfg(test)]
pub(super) fn all() -> Vec<&'static Shape> {
    [config::SHAPES, stages::SHAPES, system::SHAPES, scenarios::SHAPES, refused::SHAPES]
        .into_iter()
        .flatten()
        .copied()
        .collect()
}

#[cfg(test)]
mod tests;
