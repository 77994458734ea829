use cobre_data::case::CaseError;
use cobre_data::output::OutputError;
use datafusion::error::DataFusionError;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// What was to be attached is not written as `[NAME=]LOCATION[#RUN]`, or its name is taken.
    #[error("cannot attach `{attachment}`: {message}")]
    Attachment {
        /// What was asked for.
        attachment: String,
        /// What is wrong with it.
        message: String,
    },
    /// Results or policies cannot be read.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A case cannot be read.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The query is wrong, or failed.
    #[error("{}", first_cause(.0))]
    Query(#[from] DataFusionError),
    /// The server cannot do what is asked of it.
    #[cfg(feature = "server")]
    #[error("{message}")]
    Server {
        /// What is wrong, and what to do about it.
        message: String,
    },
    /// The answer cannot be handed over.
    #[error("cannot write the answer: {0}")]
    Answer(#[from] std::io::Error),
}

/// What went wrong, without the layers that passed it on.
fn first_cause(error: &DataFusionError) -> String {
    error.find_root().to_string()
}
