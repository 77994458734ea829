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

mod bases;
mod component;
mod cuts;
mod envelope;
mod file;
mod generated;
mod manifest;
mod stage_key;
mod states;

pub use bases::{StageBases, decode_bases, encode_bases};
pub use component::{StateComponent, StateKind, state_components};
pub use cuts::{StageCuts, decode_cuts, encode_cuts};
pub use envelope::POLICY_FORMAT_VERSION;
pub use file::PolicyFile;
pub use manifest::{
    PolicyManifest, PolicyPart, PolicyStage, PolicyStatus, TablePart, decode_manifest, encode_manifest,
};
pub use stage_key::StageKey;
pub use states::{StageStates, decode_states, encode_states};
