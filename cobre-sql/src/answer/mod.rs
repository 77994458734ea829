//! Answers as text and files.

mod format;
mod script;
mod table_text;
mod write;

pub use format::AnswerFormat;
pub use script::run_script;
