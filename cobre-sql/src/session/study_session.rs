use std::sync::Arc;

use cobre_data::case::Case;
use cobre_data::store::Store;
use datafusion::arrow::array::RecordBatch;
use datafusion::common::TableReference;
use datafusion::dataframe::DataFrame;
use datafusion::prelude::SessionContext;

use super::contexts::Contexts;
use crate::attachment::check_name;
use crate::catalog::{Attached, MemorySource, NamedBatches, StudyCatalog, StudySchema, inputs_name};
use crate::frame::table_of_batches;
use crate::table::FooterCache;
use crate::{Attachment, SessionOptions, SqlError};

/// Answers SQL over what is attached to it.
///
/// What is attached first is the default schema: its tables need no prefix. What was committed since the last query is
/// seen by the next one.
pub struct StudySession {
    contexts: Contexts,
    footers: Arc<FooterCache>,
    sources: Vec<Attached>,
    catalog: Arc<StudyCatalog>,
    context: SessionContext,
}

impl StudySession {
    /// A session without anything attached.
    ///
    /// # Errors
    /// [`SqlError::Query`] when the options contradict each other.
    pub fn new(options: SessionOptions) -> Result<Self, SqlError> {
        let (footers, catalog) = (Arc::default(), Arc::new(StudyCatalog::default()));
        let contexts = Contexts::new(options, &footers)?;
        let context = contexts.context(&catalog, None)?;
        Ok(Self { contexts, footers, sources: Vec::new(), catalog, context })
    }

    /// Attaches an output root, or a case directory.
    ///
    /// # Errors
    /// When the name is taken, or there is neither a committed run nor a case.
    pub async fn attach(&mut self, attachment: &Attachment) -> Result<(), SqlError> {
        let store = Store::open(&attachment.location, self.contexts.storage())?;
        self.attach_opened(attachment, store).await
    }

    /// Attaches what lies in a store that is open already; `attachment` names it and, for an output root, the run.
    ///
    /// # Errors
    /// As [`attach`](Self::attach).
    pub async fn attach_opened(&mut self, attachment: &Attachment, store: Store) -> Result<(), SqlError> {
        if self.is_taken(&attachment.name) {
            let message = format!("the name `{}` is taken; hint: write NAME=LOCATION", attachment.name);
            return Err(SqlError::Attachment { attachment: attachment.location.to_string(), message });
        }
        let source = Attached::open(attachment, store, self.contexts.storage(), &self.footers).await?;
        self.add(source).await
    }

    /// Attaches tables in memory as a schema, and the views over results that can be made of them. A table of results has
    /// its qualified name, such as `simulation/hydros`.
    ///
    /// # Errors
    /// When the name is taken, or cannot be one.
    pub async fn attach_tables(
        &mut self,
        name: &str,
        tables: impl IntoIterator<Item = NamedBatches>,
    ) -> Result<(), SqlError> {
        self.check_free(name)?;
        self.add(Attached::Memory(MemorySource::of_tables(name, tables))).await
    }

    /// Attaches a case in memory: its inputs as tables.
    ///
    /// # Errors
    /// When the name is taken, or cannot be one.
    pub async fn attach_case(&mut self, name: &str, case: &Arc<Case>) -> Result<(), SqlError> {
        self.check_free(name)?;
        self.add(Attached::Memory(MemorySource::of_case(name, case))).await
    }

    /// Puts a table in memory beside those of what was attached first: its name needs no prefix.
    ///
    /// # Errors
    /// When nothing is attached, or the name is that of a table.
    pub fn add_table(&mut self, (name, schema, batches): NamedBatches) -> Result<(), SqlError> {
        let name = TableReference::bare(name);
        if self.context.table_exist(name.clone())? {
            let message = "there is a table of this name".to_owned();
            return Err(SqlError::Attachment { attachment: name.to_string(), message });
        }
        self.context.register_table(name, table_of_batches(schema, batches)?)?;
        Ok(())
    }

    fn is_taken(&self, name: &str) -> bool {
        self.sources.iter().any(|source| source.name() == name)
    }

    fn check_free(&self, name: &str) -> Result<(), SqlError> {
        let free = if self.is_taken(name) { Err("the name is taken".to_owned()) } else { check_name(name) };
        free.map_err(|message| SqlError::Attachment { attachment: name.to_owned(), message })
    }

    async fn add(&mut self, mut source: Attached) -> Result<(), SqlError> {
        let schemas = source.refresh(self.contexts.stores()).await?;
        let name = source.name().to_owned();
        self.sources.push(source);
        self.publish(&name, schemas);
        if let [first] = self.sources.as_slice() {
            self.context = self.contexts.context(&self.catalog, Some(first.name()))?;
        }
        Ok(())
    }

    /// Looks for what was committed since the last time.
    ///
    /// # Errors
    /// When a store does not answer, or a manifest is damaged.
    pub async fn refresh(&mut self) -> Result<(), SqlError> {
        let mut found = Vec::with_capacity(self.sources.len());
        for source in &mut self.sources {
            let schemas = source.refresh(self.contexts.stores()).await?;
            found.push((source.name().to_owned(), schemas));
        }
        for (name, schemas) in found {
            self.publish(&name, schemas);
        }
        Ok(())
    }

    /// Puts the schemas of a source into the catalogue. What was attached by name goes before the inputs of a run.
    fn publish(&self, source: &str, schemas: Vec<StudySchema>) {
        let is_attached = |name: &str| self.sources.iter().any(|source| source.name() == name);
        let inputs = inputs_name(source);
        if schemas.iter().all(|schema| schema.name() != inputs) && !is_attached(&inputs) {
            self.catalog.remove(&inputs);
        }
        for schema in schemas {
            if schema.name() == source || !is_attached(schema.name()) {
                self.catalog.put(schema);
            }
        }
    }

    /// The context of DataFusion, over what was committed at the last refresh.
    pub fn context(&self) -> &SessionContext {
        &self.context
    }

    /// A context for one query, over what was committed at the last refresh: memory and settings are its own.
    ///
    /// # Errors
    /// When the temporary folder cannot be used.
    pub fn query_context(&self) -> Result<SessionContext, SqlError> {
        let catalog = Arc::new(self.catalog.snapshot());
        self.contexts.context(&catalog, self.sources.first().map(Attached::name))
    }

    /// Plans a query over what is committed now.
    ///
    /// # Errors
    /// When the text is no valid SQL, or names what is not there.
    pub async fn sql(&mut self, text: &str) -> Result<DataFrame, SqlError> {
        self.refresh().await?;
        Ok(self.context.sql(text).await?)
    }

    /// The answer to a query, whole in memory.
    ///
    /// # Errors
    /// As [`sql`](Self::sql), and when the query fails.
    pub async fn query(&mut self, text: &str) -> Result<Vec<RecordBatch>, SqlError> {
        Ok(self.sql(text).await?.collect().await?)
    }
}
