use std::fmt;

/// A file of a stored policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyFile {
    /// What the policy is and which files it consists of; written last.
    Manifest,
    /// The cuts of a stage, by its position.
    Cuts(u32),
    /// The bases of a stage problem, by the position of the stage.
    Bases(u32),
    /// The trial points of a stage, by its position.
    States(u32),
}

impl PolicyFile {
    /// Path from the folder of the policy, `/` between folders, e.g. `cuts/12.bin`.
    pub fn path(self) -> String {
        self.to_string()
    }

    /// The four bytes from the fifth on by which the (uncompressed) file is known.
    pub fn identifier(self) -> &'static str {
        match self {
            Self::Manifest => "CBPM",
            Self::Cuts(_) => "CBPC",
            Self::Bases(_) => "CBPB",
            Self::States(_) => "CBPS",
        }
    }

    /// What a file with this identifier holds.
    pub(super) fn content_of(identifier: &[u8]) -> Option<&'static str> {
        match identifier {
            b"CBPM" => Some("the manifest of a policy"),
            b"CBPC" => Some("the cuts of a stage"),
            b"CBPB" => Some("the bases of a stage"),
            b"CBPS" => Some("the trial points of a stage"),
            b"CBVF" => Some("a file of the public tool's policy format"),
            _ => None,
        }
    }
}

impl fmt::Display for PolicyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest => f.write_str("policy.bin"),
            Self::Cuts(stage) => write!(f, "cuts/{stage}.bin"),
            Self::Bases(stage) => write!(f, "basis/{stage}.bin"),
            Self::States(stage) => write!(f, "states/{stage}.bin"),
        }
    }
}
