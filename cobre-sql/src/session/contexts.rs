use std::sync::Arc;

use cobre_data::store::StoreOptions;
use datafusion::catalog::CatalogProviderList;
use datafusion::catalog::memory::MemoryCatalogProviderList;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::object_store::ObjectStoreRegistry;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::stores::SessionStores;
use super::yield_in_joins::YieldInJoins;
use crate::catalog::StudyCatalog;
#[cfg(feature = "distributed")]
use crate::distributed::{Distribution, distribute};
use crate::functions::aggregates;
use crate::policy::{Policies, PolicyCuts, StudyTable, UrlRoots, policy_functions};
use crate::table::FooterCache;
use crate::{SessionOptions, SqlError};

/// Name of the catalogue that holds what is attached.
const CATALOG: &str = "cobre";

/// Makes contexts of DataFusion that share stores, and have memory and settings of their own.
pub(super) struct Contexts {
    options: SessionOptions,
    stores: Arc<SessionStores>,
    urls: Arc<UrlRoots>,
    #[cfg(feature = "distributed")]
    distribution: Option<Distribution>,
}

impl Contexts {
    pub(super) fn new(options: SessionOptions, footers: &Arc<FooterCache>) -> Result<Self, SqlError> {
        let stores = Arc::new(SessionStores::new(options.storage.clone(), options.allow_urls));
        let urls = UrlRoots::new(options.allow_urls, &options.storage, Arc::clone(&stores) as _, footers);
        #[cfg(feature = "distributed")]
        let distribution =
            options.workers.as_ref().map(|workers| Distribution::new(workers, &options.storage)).transpose()?;
        Ok(Self {
            options,
            stores,
            urls: Arc::new(urls),
            #[cfg(feature = "distributed")]
            distribution,
        })
    }

    pub(super) fn storage(&self) -> &StoreOptions {
        &self.options.storage
    }

    /// Where DataFusion looks for files.
    pub(super) fn stores(&self) -> &dyn ObjectStoreRegistry {
        self.stores.as_ref()
    }

    /// A context over a catalogue.
    pub(super) fn context(
        &self,
        catalog: &Arc<StudyCatalog>,
        default_schema: Option<&str>,
    ) -> Result<SessionContext, SqlError> {
        let mut config = SessionConfig::new()
            .with_information_schema(true)
            .with_create_default_catalog_and_schema(false)
            .with_default_catalog_and_schema(CATALOG, default_schema.unwrap_or("study"));
        if let Some(threads) = self.options.threads {
            config = config.with_target_partitions(threads);
        }
        set_execution(&mut config);
        config.options_mut().sql_parser.map_string_types_to_utf8view = false;
        let mut runtime = RuntimeEnvBuilder::new().with_object_store_registry(Arc::clone(&self.stores) as _);
        if let Some(limit) = self.options.memory_limit {
            runtime = runtime.with_memory_pool(Arc::new(FairSpillPool::new(limit)));
        }
        let catalogs = MemoryCatalogProviderList::new();
        catalogs.register_catalog(CATALOG.to_owned(), Arc::clone(catalog) as _);
        let builder = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime.build_arc()?)
            .with_catalog_list(Arc::new(catalogs))
            .with_default_features();
        let context = SessionContext::new_with_state(self.with_planner(builder).build());
        for function in aggregates() {
            context.register_udaf(function);
        }
        let policies = Policies::new(catalog, &self.urls);
        #[cfg(feature = "distributed")]
        let policies = match &self.distribution {
            Some(distribution) => policies.that_travel(&distribution.runs),
            None => policies,
        };
        for function in policy_functions(&Arc::new(policies)) {
            context.register_udf(function);
        }
        context.register_udtf("study_table", Arc::new(StudyTable(Arc::clone(&self.urls))));
        context.register_udtf("policy_cuts", Arc::new(PolicyCuts(Arc::clone(&self.urls))));
        Ok(context)
    }

    #[cfg_attr(not(feature = "distributed"), expect(clippy::unused_self))]
    fn with_planner(&self, builder: SessionStateBuilder) -> SessionStateBuilder {
        #[cfg(feature = "distributed")]
        if let Some(distribution) = &self.distribution {
            return distribute(builder, distribution);
        }
        builder.with_physical_optimizer_rule(Arc::new(YieldInJoins))
    }
}

/// Settings that are the same wherever a part of a query is executed.
pub(crate) fn set_execution(config: &mut SessionConfig) {
    // The types of the answer are those of the tables.
    config.options_mut().execution.parquet.schema_force_view_types = false;
}
