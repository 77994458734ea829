//! What the tests ask.

use arrow::array::{Array, Int64Array, RecordBatch};
use arrow::compute::concat_batches;
use cobre_sql::distributed::Workers;
use cobre_sql::{Attachment, SessionOptions, SqlError, StudySession};

use crate::recovery::kill::Place;

/// A session on the threads of its own.
pub(crate) struct Asker {
    runtime: tokio::runtime::Runtime,
    session: StudySession,
}

impl Asker {
    /// A session with roots below a place attached.
    pub(crate) fn of(place: &Place, roots: &[(&str, &str)], threads: usize) -> Self {
        let options = SessionOptions { threads: Some(threads), ..SessionOptions::default() };
        Self::with_options(place, roots, options)
    }

    /// The same, with workers that take part, even where there is little to do.
    pub(crate) fn with_workers(place: &Place, roots: &[(&str, &str)], threads: usize, workers: Workers) -> Self {
        let options = SessionOptions { threads: Some(threads), workers: Some(workers), ..SessionOptions::default() };
        let mut asker = Self::with_options(place, roots, options);
        asker.ask("SET distributed.file_scan_config_bytes_per_partition = 1");
        asker
    }

    /// The same, whose questions may hold so much memory (bytes).
    pub(crate) fn with_memory(place: &Place, roots: &[(&str, &str)], threads: usize, memory: usize) -> Self {
        let options =
            SessionOptions { threads: Some(threads), memory_limit: Some(memory), ..SessionOptions::default() };
        Self::with_options(place, roots, options)
    }

    fn with_options(place: &Place, roots: &[(&str, &str)], options: SessionOptions) -> Self {
        let options = SessionOptions { storage: place.options().clone(), ..options };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let mut asker = Self { runtime, session: StudySession::new(options).expect("a session") };
        for (name, root) in roots {
            asker.attach(name, &place.root(root));
        }
        asker
    }

    /// Attaches a further location.
    pub(crate) fn attach(&mut self, name: &str, location: &str) {
        let attachment = Attachment::parse(&format!("{name}={location}")).expect("an attachment");
        self.runtime.block_on(self.session.attach(&attachment)).unwrap_or_else(|error| panic!("{error}"));
    }

    /// The answer, or why there is none.
    pub(crate) fn try_ask(&mut self, question: &str) -> Result<RecordBatch, SqlError> {
        self.runtime.block_on(async {
            let answer = self.session.sql(question).await?;
            let schema = answer.schema().as_arrow().clone();
            let batches = answer.collect().await?;
            Ok(concat_batches(&schema.into(), &batches).expect("batches of one answer fit together"))
        })
    }

    /// The answer.
    pub(crate) fn ask(&mut self, question: &str) -> RecordBatch {
        self.try_ask(question).unwrap_or_else(|error| panic!("{question}: {error}"))
    }

    /// An answer of one integer.
    pub(crate) fn count(&mut self, question: &str) -> i64 {
        let answer = self.ask(question);
        let column = answer.column(0).as_any().downcast_ref::<Int64Array>().expect("a 64-bit integer");
        assert_eq!(column.len(), 1, "{question}");
        column.value(0)
    }

    /// How a question is answered.
    pub(crate) fn plan(&mut self, question: &str) -> String {
        self.try_plan(question).unwrap_or_else(|error| panic!("{question}: {error}"))
    }

    /// How a question is answered, or why that cannot be told.
    pub(crate) fn try_plan(&mut self, question: &str) -> Result<String, SqlError> {
        let plan = self.try_ask(&format!("EXPLAIN {question}"))?;
        Ok(arrow::util::pretty::pretty_format_batches(&[plan]).expect("text").to_string())
    }

    /// Why a question has no answer.
    pub(crate) fn refusal(&mut self, question: &str) -> String {
        match self.try_ask(question) {
            Ok(answer) => panic!("{question} has an answer of {} rows", answer.num_rows()),
            Err(error) => error.to_string(),
        }
    }
}
