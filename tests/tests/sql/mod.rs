//! Questions to studies in SQL.

mod policy;
