//! The interactive shell, over the one of DataFusion.

mod context;
mod history;
mod prompt;

pub use prompt::run_shell;
