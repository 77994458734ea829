use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::error::{DataFusionError, Result};

use super::Entry;
use crate::policy::LazyPolicy;

/// Tables by name.
pub(crate) type Tables = BTreeMap<String, Entry>;

/// The tables of one attachment, and the views that the user made among them.
#[derive(Debug)]
pub(crate) struct StudySchema {
    name: String,
    tables: Arc<Tables>,
    policy: Option<Arc<LazyPolicy>>,
    own: RwLock<BTreeMap<String, Arc<dyn TableProvider>>>,
}

impl StudySchema {
    pub(crate) fn new(name: &str, tables: Arc<Tables>) -> Self {
        Self { name: name.to_owned(), tables, policy: None, own: RwLock::default() }
    }

    /// The same with the policy that functions ask.
    pub(super) fn with_policy(self, policy: Option<Arc<LazyPolicy>>) -> Self {
        Self { policy, ..self }
    }

    pub(super) fn policy(&self) -> Option<&Arc<LazyPolicy>> {
        self.policy.as_ref()
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The same with the user's tables of `earlier`.
    pub(super) fn with_own_tables_of(self, earlier: &Self) -> Self {
        Self { own: RwLock::new(earlier.own()), ..self }
    }

    /// The same tables; the user's are copied.
    pub(super) fn shared(&self) -> Self {
        let (name, policy) = (self.name.clone(), self.policy.clone());
        Self { name, tables: Arc::clone(&self.tables), policy, own: RwLock::new(self.own()) }
    }

    fn own(&self) -> BTreeMap<String, Arc<dyn TableProvider>> {
        self.own.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl SchemaProvider for StudySchema {
    fn table_names(&self) -> Vec<String> {
        self.tables.keys().cloned().chain(self.own().into_keys()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        match self.tables.get(name) {
            Some(entry) => entry.table().await,
            None => Ok(self.own().remove(name)),
        }
    }

    fn register_table(&self, name: String, table: Arc<dyn TableProvider>) -> Result<Option<Arc<dyn TableProvider>>> {
        if self.tables.contains_key(&name) {
            let message = format!("`{}.{name}` is a table of the study and cannot be replaced", self.name);
            return Err(DataFusionError::Plan(message));
        }
        Ok(self.own.write().unwrap_or_else(PoisonError::into_inner).insert(name, table))
    }

    fn deregister_table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if self.tables.contains_key(name) {
            let message = format!("`{}.{name}` is a table of the study and cannot be dropped", self.name);
            return Err(DataFusionError::Plan(message));
        }
        Ok(self.own.write().unwrap_or_else(PoisonError::into_inner).remove(name))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.tables.contains_key(name) || self.own().contains_key(name)
    }
}
