use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions,
};
use futures::{Stream, StreamExt};

/// Operators that make many rows of few. What reads files yields by itself, and they read no more while they work.
const MULTIPLYING: [&str; 6] = [
    "CrossJoinExec",
    "HashJoinExec",
    "NestedLoopJoinExec",
    "PiecewiseMergeJoinExec",
    "SortMergeJoinExec",
    "UnnestExec",
];

/// Time that an operator works before others have their turn.
const LONGEST_TURN: Duration = Duration::from_millis(10);

/// Makes joins yield now and then: a query that never did could not be stopped, and would hold up the others.
#[derive(Debug)]
pub(super) struct YieldInJoins;

impl PhysicalOptimizerRule for YieldInJoins {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        yield_in_joins(plan)
    }

    fn name(&self) -> &'static str {
        "yield_in_joins"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The same plan, whose joins yield.
pub(crate) fn yield_in_joins(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let yielding = plan.transform_up(|plan| {
        if !MULTIPLYING.contains(&plan.name()) {
            return Ok(Transformed::no(plan));
        }
        let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        // A join that finds no match gives nothing, however long it looks: it yields where it reads.
        let inputs = plan.children().into_iter().map(|input| Yield::over(Arc::clone(input))).collect();
        Ok(Transformed::yes(Yield::over(plan.replace_children(inputs, options)?)))
    })?;
    Ok(yielding.data)
}

/// Hands batches on, and lets others have their turn.
#[derive(Debug)]
pub(crate) struct Yield {
    input: Arc<dyn ExecutionPlan>,
}

impl Yield {
    /// A plan that yields as this one does not.
    pub(crate) fn over(input: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        if input.name() == "YieldExec" { input } else { Arc::new(Self { input }) }
    }
}

impl DisplayAs for Yield {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YieldExec")
    }
}

impl ExecutionPlan for Yield {
    fn name(&self) -> &'static str {
        "YieldExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Self { input: children.swap_remove(0) }))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let batches = self.input.execute(partition, context)?;
        Ok(Box::pin(Yielding { batches, since: Instant::now() }))
    }
}

struct Yielding {
    batches: SendableRecordBatchStream,
    /// When the last turn began.
    since: Instant,
}

impl Stream for Yielding {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.since.elapsed() > LONGEST_TURN {
            self.since = Instant::now();
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.batches.poll_next_unpin(context)
    }
}

impl RecordBatchStream for Yielding {
    fn schema(&self) -> SchemaRef {
        self.batches.schema()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::physical_plan::displayable;
    use datafusion::prelude::SessionContext;

    const JOINS: &str = "SELECT count(*) FROM (VALUES (1), (2)) a(x), (VALUES (1), (2)) b(y), (VALUES (1), (2)) c(z) \
                         WHERE a.x = b.y OR b.y < c.z";

    #[tokio::test]
    async fn every_join_yields_and_answers_as_before() {
        let context = SessionContext::new();
        let planned = context.sql(JOINS).await.expect("parsed");
        let plan = planned.clone().create_physical_plan().await.expect("planned");
        let before = displayable(plan.as_ref()).indent(false).to_string();
        let plan = yield_in_joins(plan).expect("a plan");
        let after = displayable(plan.as_ref()).indent(false).to_string();
        let joins = before.matches("JoinExec").count();
        assert!(joins >= 2, "{before}");
        assert!(after.matches("YieldExec").count() > joins, "{after}");
        let answer = datafusion::physical_plan::collect(plan, context.task_ctx()).await.expect("an answer");
        assert_eq!(answer, planned.collect().await.expect("an answer"));
    }

    #[tokio::test]
    async fn a_join_without_matches_can_be_stopped() {
        let context = SessionContext::new();
        let series = |name| format!("generate_series(1, 3000) {name}(x{name})");
        let text = format!(
            "SELECT count(*) FROM {}, {}, {}, {} WHERE xa + xb + xc + xd < 0",
            series("a"),
            series("b"),
            series("c"),
            series("d")
        );
        let plan = context.sql(&text).await.expect("parsed").create_physical_plan().await.expect("planned");
        let plan = yield_in_joins(plan).expect("a plan");
        let endless = datafusion::physical_plan::collect(plan, context.task_ctx());
        tokio::time::timeout(Duration::from_millis(200), endless).await.expect_err("it takes hours");
    }
}
