use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use datafusion::catalog::{CatalogProvider, SchemaProvider};

use super::schema::StudySchema;
use crate::policy::LazyPolicy;

/// The catalogue: one schema for each thing that is attached.
#[derive(Debug, Default)]
pub(crate) struct StudyCatalog {
    schemas: RwLock<BTreeMap<String, Arc<StudySchema>>>,
}

impl StudyCatalog {
    /// Puts a schema in the place of the one with its name, whose views stay.
    pub(crate) fn put(&self, schema: StudySchema) {
        let mut schemas = self.schemas.write().unwrap_or_else(PoisonError::into_inner);
        let schema = match schemas.get(schema.name()) {
            Some(earlier) => schema.with_own_tables_of(earlier),
            None => schema,
        };
        schemas.insert(schema.name().to_owned(), Arc::new(schema));
    }

    /// Takes a schema away; the views of the user in it go with it.
    pub(crate) fn remove(&self, name: &str) {
        self.schemas.write().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// The schemas as they are now; what is put later is not seen.
    pub(crate) fn snapshot(&self) -> Self {
        let schemas = self.schemas.read().unwrap_or_else(PoisonError::into_inner);
        let schemas = schemas.iter().map(|(name, schema)| (name.clone(), Arc::new(schema.shared()))).collect();
        Self { schemas: RwLock::new(schemas) }
    }

    /// What is attached, by name.
    pub(crate) fn names(&self) -> Vec<String> {
        self.schema_names()
    }

    /// The policy of what is attached under a name, if there is one.
    pub(crate) fn policy(&self, name: &str) -> Option<Arc<LazyPolicy>> {
        let schemas = self.schemas.read().unwrap_or_else(PoisonError::into_inner);
        schemas.get(name)?.policy().cloned()
    }
}

impl CatalogProvider for StudyCatalog {
    fn schema_names(&self) -> Vec<String> {
        self.schemas.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        let schemas = self.schemas.read().unwrap_or_else(PoisonError::into_inner);
        schemas.get(name).map(|schema| Arc::clone(schema) as _)
    }
}
