mod answer;
mod contexts;
mod options;
mod stores;
mod study_session;
mod yield_in_joins;

pub use answer::Answer;
#[cfg(feature = "distributed")]
pub(crate) use contexts::set_execution;
pub use options::SessionOptions;
pub use study_session::StudySession;
#[cfg(feature = "distributed")]
pub(crate) use yield_in_joins::{Yield, yield_in_joins};
