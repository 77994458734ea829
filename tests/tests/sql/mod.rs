//! Questions to studies in SQL.

mod policy;
mod policy_page;
mod trained_run;
