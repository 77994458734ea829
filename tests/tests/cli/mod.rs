//! The `cobre` command as a user meets it: exit codes, messages, files.

mod answers;
mod broken_case;
mod damage;
mod disk;
mod event_stream;
mod infeasible;
mod interrupt;
mod invalid_case;
mod memory;
mod other_system;
mod tools;
