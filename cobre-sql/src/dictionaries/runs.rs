use std::sync::Arc;

use async_trait::async_trait;
use chrono::DateTime;
use cobre_data::output::{Manifest, OutputError, Run, RunStatus, committed_runs, open_run};
use cobre_data::store::Store;
use datafusion::arrow::array::{BooleanArray, Int64Array, RecordBatch, TimestampSecondArray};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;

use crate::frame::{Frame, table_of, timestamp_type};

/// All committed runs of a root, as they are when the query is planned.
#[derive(Debug)]
pub(super) struct Runs {
    attached: Arc<Run>,
    schema: SchemaRef,
}

impl Runs {
    /// The runs beside the attached one.
    pub(super) fn new(attached: Arc<Run>) -> Result<Self> {
        let schema = rows(&[], attached.manifest().run)?.schema();
        Ok(Self { attached, schema })
    }
}

#[async_trait]
impl TableProvider for Runs {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let store = self.attached.store().clone();
        let read = tokio::task::spawn_blocking(move || manifests(&store)).await;
        let manifests = read.map_err(|stopped| DataFusionError::External(Box::new(stopped)))?;
        let manifests = manifests.map_err(|error| DataFusionError::External(Box::new(error)))?;
        let table = table_of(rows(&manifests, self.attached.manifest().run)?)?;
        table.scan(state, projection, filters, limit).await
    }
}

fn manifests(store: &Store) -> Result<Vec<Manifest>, OutputError> {
    let runs = committed_runs(store)?;
    runs.into_iter().map(|run| Ok(open_run(store, Some(run))?.manifest().clone())).collect()
}

fn rows(runs: &[Manifest], attached: u32) -> Result<RecordBatch> {
    let status = |status| match status {
        RunStatus::Complete => "complete",
        RunStatus::Partial => "partial",
    };
    let seconds = |time: &str| DateTime::parse_from_rfc3339(time).ok().map(|time| time.timestamp());
    let times = |of: fn(&Manifest) -> &str| {
        runs.iter().map(|run| seconds(of(run))).collect::<TimestampSecondArray>().with_data_type(timestamp_type())
    };
    let costs = |of: fn(&Manifest) -> Option<f64>| runs.iter().map(of);
    let scenarios = runs.iter().map(|run| run.summary.n_scenarios.map(|n| n as i64)).collect::<Int64Array>();
    let is_attached = runs.iter().map(|run| Some(run.run == attached)).collect::<BooleanArray>();
    Frame::default()
        .ids("run", runs.iter().map(|run| run.run as i32))
        .column("is_attached", false, is_attached)
        .texts("run_id", runs.iter().map(|run| &run.run_id))
        .texts("status", runs.iter().map(|run| status(run.status)))
        .column("started_at", true, times(|run| &run.started_at))
        .column("completed_at", true, times(|run| &run.completed_at))
        .optional_ids("iterations", runs.iter().map(|run| run.summary.iterations.map(|n| n as i32)))
        .optional_texts("stop_reason", runs.iter().map(|run| run.summary.stop_reason.as_deref()))
        .optional_floats("lower_bound", costs(|run| run.summary.lower_bound))
        .optional_floats("upper_bound_mean", costs(|run| run.summary.upper_bound_mean))
        .optional_floats("upper_bound_std", costs(|run| run.summary.upper_bound_std))
        .column("n_scenarios", true, scenarios)
        .optional_floats("simulation_mean", costs(|run| run.summary.simulation_mean))
        .optional_floats("simulation_std", costs(|run| run.summary.simulation_std))
        .texts("case_path", runs.iter().map(|run| &run.info.case_path))
        .texts("case_hash", runs.iter().map(|run| &run.info.case_hash))
        .texts("study_hash", runs.iter().map(|run| &run.info.study_hash))
        .texts("engine_version", runs.iter().map(|run| &run.info.engine_version))
        .texts("solver_name", runs.iter().map(|run| &run.info.solver_name))
        .indices("threads", runs.iter().map(|run| run.info.threads))
        .indices("ranks", runs.iter().map(|run| run.info.ranks))
        .ids("attempt", runs.iter().map(|run| run.attempt as i32))
        .optional_texts("host", runs.iter().map(|run| run.host.as_deref()))
        .batch()
}
