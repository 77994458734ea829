use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use tonic::Status;

use super::handles::{Handle, HandleStore, StoreLimits};
use super::status::internal;

/// Statements that clients have prepared.
const PREPARED: StoreLimits = StoreLimits { count: 1024, bytes: 64 << 20, lifetime: Duration::from_hours(1) };

/// A statement that is planned anew whenever it runs: it sees what is committed then.
#[derive(Clone)]
pub(super) struct Prepared {
    pub(super) text: Arc<str>,
    /// The rows of parameters that were bound last.
    pub(super) rows: Option<RecordBatch>,
}

/// The prepared statements, each by its handle.
pub(super) struct PreparedStatements(HandleStore<Prepared>);

impl PreparedStatements {
    pub(super) fn new() -> Self {
        Self(HandleStore::new(PREPARED))
    }

    pub(super) fn add(&self, text: &str) -> Result<Handle, Status> {
        let handle = Handle::random().map_err(internal)?;
        self.put(handle, Prepared { text: text.into(), rows: None });
        Ok(handle)
    }

    /// The statement of a handle that a client has sent.
    pub(super) fn find(&self, sent: &[u8]) -> Result<(Handle, Prepared), Status> {
        let found = Handle::of(sent).and_then(|handle| Some((handle, self.0.get(handle)?)));
        found.ok_or_else(|| {
            Status::not_found("there is no such prepared statement: it was closed, or has not been used for long")
        })
    }

    /// Binds rows of parameters, in the place of those that were bound before.
    pub(super) fn bind(&self, sent: &[u8], rows: RecordBatch) -> Result<Handle, Status> {
        let (handle, prepared) = self.find(sent)?;
        self.put(handle, Prepared { rows: Some(rows), ..prepared });
        Ok(handle)
    }

    pub(super) fn close(&self, sent: &[u8]) {
        Handle::of(sent).and_then(|handle| self.0.take(handle));
    }

    fn put(&self, handle: Handle, prepared: Prepared) {
        let bytes = prepared.text.len() + prepared.rows.as_ref().map_or(0, RecordBatch::get_array_memory_size);
        self.0.put(handle, prepared, bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::datatypes::Schema;

    #[test]
    fn statements_are_found_until_they_are_closed() {
        let statements = PreparedStatements::new();
        let handle = statements.add("SELECT $1").expect("a handle");
        assert!(statements.find(handle.as_bytes()).expect("there").1.rows.is_none());
        let rows = RecordBatch::new_empty(Arc::new(Schema::empty()));
        statements.bind(handle.as_bytes(), rows).expect("bound");
        assert!(statements.find(handle.as_bytes()).expect("there").1.rows.is_some());
        statements.close(handle.as_bytes());
        assert!(statements.find(handle.as_bytes()).is_err() && statements.find(b"nonsense").is_err());
    }
}
