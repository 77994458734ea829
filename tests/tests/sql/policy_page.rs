//! The queries of the page on policies do what it says.

use cobre_sql::{Attachment, SessionOptions, StudySession};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::trained_run::{Size, write_run};
use crate::setting::{case, dataset, root};

/// The queries of a page.
fn queries(page: &str) -> Vec<&str> {
    page.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn every_query_of_the_page_has_an_answer() {
    let page = std::fs::read_to_string(root().join("docs/sql-policies.md")).expect("the page");
    let (folder, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    let place = folder.path().display().to_string();
    let size = Size { iterations: 4, forward_passes: 4, n_scenarios: 20 };
    write_run(&case(&dataset("four-reservoirs")).study, folder.path(), size, false);
    let mut session = StudySession::new(SessionOptions::default()).expect("a session");
    let attachment = Attachment::parse(&format!("base={place}")).expect("an attachment");
    runtime.block_on(session.attach(&attachment)).expect("a committed run");
    let queries = queries(&page);
    assert!(queries.len() > 6, "only {} queries", queries.len());
    for query in queries {
        let query = query.replace("studies/other/output", &place);
        let batches = runtime.block_on(session.query(&query)).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert!(batches.iter().any(|batch| batch.num_rows() > 0), "no rows: {query}");
    }
}
