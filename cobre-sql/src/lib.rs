//! SQL over the results, inputs and policies of hydrothermal studies, on a disk or in an object store.
//!
//! A [`StudySession`] attaches output roots and case directories under names; each becomes a schema of the catalogue
//! `cobre`. Tables come from the manifests of committed runs, never from a listing, and are read only.
//!
//! ```no_run
//! # async fn example() -> Result<(), cobre_sql::SqlError> {
//! use cobre_sql::{Attachment, SessionOptions, StudySession};
//!
//! let mut session = StudySession::new(SessionOptions::default())?;
//! session.attach(&Attachment::parse("base=studies/base/output")?).await?;
//! let batches = session.query("SELECT stage_id, avg(storage_final_hm3) FROM base.hydros GROUP BY stage_id").await?;
//! # Ok(())
//! # }
//! ```

mod answer;
mod attachment;
mod catalog;
mod dictionaries;
#[cfg(feature = "distributed")]
pub mod distributed;
mod error;
mod frame;
mod functions;
mod inputs;
mod policy;
#[cfg(feature = "server")]
pub mod server;
mod session;
#[cfg(feature = "shell")]
mod shell;
mod table;
mod views;

pub use answer::{AnswerFormat, run_script};
pub use attachment::Attachment;
pub use catalog::NamedBatches;
pub use datafusion::common::{ParamValues, ScalarValue};
pub use error::{Blame, SqlError};
pub use session::{Answer, SessionOptions, StudySession};
#[cfg(feature = "shell")]
pub use shell::run_shell;
