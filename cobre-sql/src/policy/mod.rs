//! Policies: their cuts as tables, and their value at any state as functions.

mod cut_rows;
mod documentation;
mod functions;
mod loaded;
mod names;
mod policies;
mod stage_table;
mod state;
mod summary_rows;
mod tables;
mod url_functions;
mod url_roots;

pub(crate) use functions::policy_functions;
pub(crate) use loaded::LazyPolicy;
use loaded::LoadedPolicy;
pub(crate) use policies::Policies;
pub(crate) use tables::policy_tables;
pub(crate) use url_functions::{PolicyCuts, StudyTable};
pub(crate) use url_roots::UrlRoots;
