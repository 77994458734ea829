//! Policies: their cuts as tables, and their value at any state as functions.

mod cut_rows;
mod documentation;
mod functions;
mod loaded;
mod names;
mod policies;
mod policy_scan;
mod policy_table;
mod stage_table;
mod state;
mod summary_rows;
mod tables;
mod url_functions;
mod url_roots;

#[cfg(feature = "distributed")]
pub(crate) use functions::is_policy_function;
pub(crate) use functions::policy_functions;
pub(crate) use loaded::LazyPolicy;
#[cfg(not(feature = "distributed"))]
use loaded::LoadedPolicy;
#[cfg(feature = "distributed")]
pub(crate) use loaded::LoadedPolicy;
pub(crate) use policies::Policies;
#[cfg(feature = "distributed")]
pub(crate) use policy_scan::{PolicyScan, PolicyScanDescription};
#[cfg(feature = "distributed")]
pub(crate) use tables::external;
pub(crate) use tables::policy_tables;
pub(crate) use url_functions::{PolicyCuts, StudyTable};
pub(crate) use url_roots::UrlRoots;
