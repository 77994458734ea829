//! What a client is told when something goes wrong.

use std::any::Any;
use std::time::Duration;

use datafusion::error::DataFusionError;
use tonic::{Code, Status};

use crate::SqlError;

/// Bytes of a message; it travels in a header, and clients refuse large ones.
const LONGEST: usize = 2000;

/// A status with a message of bearable length.
pub(super) fn status(code: Code, message: &str) -> Status {
    if message.len() <= LONGEST {
        return Status::new(code, message);
    }
    let end = (0..=LONGEST).rev().find(|&end| message.is_char_boundary(end)).unwrap_or(0);
    Status::new(code, format!("{} …", &message[..end]))
}

/// The status for a query that is wrong, or failed.
pub(super) fn of_query(error: &DataFusionError) -> Status {
    let root = error.find_root();
    let code = match root {
        DataFusionError::SQL(..)
        | DataFusionError::Plan(_)
        | DataFusionError::SchemaError(..)
        | DataFusionError::Configuration(_)
        | DataFusionError::ArrowError(..)
        | DataFusionError::Execution(_)
        | DataFusionError::Diagnostic(..)
        | DataFusionError::Collection(_) => Code::InvalidArgument,
        DataFusionError::NotImplemented(_) => Code::Unimplemented,
        DataFusionError::ResourcesExhausted(_) => Code::ResourceExhausted,
        DataFusionError::ObjectStore(_) | DataFusionError::IoError(_) => Code::Unavailable,
        DataFusionError::ParquetError(_) => Code::DataLoss,
        _ => Code::Internal,
    };
    status(code, &root.to_string())
}

/// The status for what the session cannot do.
pub(super) fn of_session(error: &SqlError) -> Status {
    match error {
        SqlError::Query(error) => of_query(error),
        error => status(Code::Unavailable, &error.to_string()),
    }
}

/// The status for an answer that cannot be put together.
pub(super) fn internal(error: impl std::fmt::Display) -> Status {
    status(Code::Internal, &error.to_string())
}

/// The status for a query that was stopped after the time that one may take.
pub(super) fn out_of_time(allowed: Duration) -> Status {
    let message = format!("the query was stopped: {} seconds are what one may take here", allowed.as_secs_f64());
    status(Code::DeadlineExceeded, &message)
}

/// The status for a query that has ended a thread of its own.
pub(super) fn of_panic(panic: &(dyn Any + Send)) -> Status {
    let said =
        panic.downcast_ref::<&str>().map(ToString::to_string).or_else(|| panic.downcast_ref::<String>().cloned());
    status(Code::Internal, &format!("the query has hit a defect: {}", said.unwrap_or_else(|| "no message".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_end_between_characters() {
        let told = status(Code::Internal, &"ã".repeat(5000));
        assert!(told.message().len() <= LONGEST + 4 && told.message().ends_with("ã …"));
        assert_eq!(status(Code::Internal, "short").message(), "short");
    }

    #[test]
    fn the_cause_counts_and_not_what_passed_it_on() {
        let error = DataFusionError::ResourcesExhausted("all memory".to_owned()).context("sorting");
        assert_eq!(of_query(&error).code(), Code::ResourceExhausted);
        assert_eq!(of_panic(&"boom").message(), "the query has hit a defect: boom");
    }
}
