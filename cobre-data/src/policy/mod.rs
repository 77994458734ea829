//! The policy format: what training knows, as bytes, and back.
//!
//! ```text
//! <policy>/cuts/<stage>.bin      the cuts of a stage
//! <policy>/basis/<stage>.bin     the bases of a stage problem, one per trajectory
//! <policy>/states/<stage>.bin    trial points of a stage
//! <policy>/policy.bin            what the policy is and which files it consists of; written last
//! ```
//!
//! Files are FlatBuffers (`cobre-data/schemas/policy.fbs`, described in `docs/policy-format.md`), in currency units,
//! with the identity of every state component. Everything here is a function of bytes: where they lie is for others
//! to say.

mod adapt;
mod bases;
mod calendar;
mod columns;
mod comparison;
mod component;
mod cuts;
mod envelope;
mod file;
mod generated;
mod manifest;
mod manifest_file;
mod matching;
mod stage_key;
mod states;
mod stored;
mod summary;
mod text_table;
mod value;

pub use adapt::{AdaptationReport, adapt};
pub use bases::{StageBases, decode_bases, encode_bases};
pub use columns::{CutColumns, view_cuts};
pub use comparison::{PolicyComparison, StageComparison, compare};
pub use component::{StateComponent, StateKind, state_components};
pub use cuts::{StageCuts, decode_cuts, encode_cuts};
pub use envelope::POLICY_FORMAT_VERSION;
pub use file::PolicyFile;
pub use manifest::{PolicyManifest, PolicyPart, PolicyStage, PolicyStatus, TablePart};
pub use manifest_file::{decode_manifest, encode_manifest};
pub use matching::{LoneComponent, MatchedComponent, StateMatch, match_components};
pub use stage_key::StageKey;
pub use states::{StageStates, decode_states, encode_states};
pub use stored::{PolicyContent, StoredPolicy, write_policy};
pub use summary::{PolicySummary, StageSummary, describe};
pub use value::{ComponentValue, StateValue};
