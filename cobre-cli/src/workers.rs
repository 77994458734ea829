use crate::args::WorkersArguments;
use crate::failure::Failure;

#[cfg(not(feature = "distributed"))]
impl WorkersArguments {
    /// Refuses workers that this program cannot speak to.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.workers.is_empty() { Ok(()) } else { Err(crate::without_distributed::refusal("--workers")) }
    }
}

#[cfg(feature = "distributed")]
mod found {
    use std::sync::Arc;

    use cobre_sql::distributed::{WorkerSecurity, Workers};

    use super::{Failure, WorkersArguments};
    use crate::token::{known_token, read};

    /// Where the token of workers may be, besides a file.
    pub(crate) const TOKEN_VARIABLE: &str = "COBRE_WORKER_TOKEN";

    impl WorkersArguments {
        /// The workers that are named; none to work alone.
        pub(crate) fn find(&self) -> Result<Option<Workers>, Failure> {
            if self.workers.is_empty() {
                return Ok(None);
            }
            let security = WorkerSecurity {
                token: known_token(self.worker_token_file.as_deref(), TOKEN_VARIABLE)?.map(Arc::new),
                authority: self.worker_ca.as_deref().map(read).transpose()?,
                insecure: self.worker_insecure,
            };
            Ok(Some(Workers::new(self.workers.iter().map(String::as_str), security)?))
        }
    }
}

#[cfg(feature = "distributed")]
pub(crate) use found::TOKEN_VARIABLE;
