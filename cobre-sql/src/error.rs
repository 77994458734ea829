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

/// Who has to do something about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Whoever asked: the question is wrong, or needs more than it may have.
    Question,
    /// Files and stores: something cannot be read or written.
    Files,
    /// This program.
    Program,
}

impl SqlError {
    /// Who has to do something about it.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Attachment { .. } | Self::Case(CaseError::Invalid { .. }) => Blame::Question,
            #[cfg(feature = "server")]
            Self::Server { .. } => Blame::Question,
            Self::Output(_) | Self::Case(_) | Self::Answer(_) => Blame::Files,
            Self::Query(error) => match error.find_root() {
                DataFusionError::ObjectStore(_)
                | DataFusionError::IoError(_)
                | DataFusionError::ParquetError(_)
                | DataFusionError::External(_) => Blame::Files,
                DataFusionError::Internal(_) => Blame::Program,
                _ => Blame::Question,
            },
        }
    }
}

/// What went wrong, without the layers that passed it on.
fn first_cause(error: &DataFusionError) -> String {
    error.find_root().to_string()
}
