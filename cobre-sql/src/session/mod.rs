mod options;
mod stores;
mod study_session;

pub use options::SessionOptions;
pub use study_session::StudySession;
