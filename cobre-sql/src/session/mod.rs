mod answer;
mod options;
mod stores;
mod study_session;
mod yield_in_joins;

pub use answer::Answer;
pub use options::SessionOptions;
pub use study_session::StudySession;
