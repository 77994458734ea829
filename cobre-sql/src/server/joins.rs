use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;

/// Operators that make many rows of few. What reads files yields by itself, and they read no more while they work.
const MULTIPLYING: [&str; 6] = [
    "CrossJoinExec",
    "HashJoinExec",
    "NestedLoopJoinExec",
    "PiecewiseMergeJoinExec",
    "SortMergeJoinExec",
    "UnnestExec",
];

/// Makes joins yield now and then: a query that never did could not be stopped, and would hold up the others.
pub(super) fn yield_in_joins(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let yielding = plan.transform_up(|plan| {
        if MULTIPLYING.contains(&plan.name()) {
            return Ok(Transformed::yes(Arc::new(CooperativeExec::new(plan)) as _));
        }
        Ok(Transformed::no(plan))
    })?;
    Ok(yielding.data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::physical_plan::displayable;
    use datafusion::prelude::SessionContext;

    #[tokio::test]
    async fn every_join_yields() {
        let context = SessionContext::new();
        let text = "SELECT count(*) FROM (VALUES (1), (2)) a(x), (VALUES (1), (2)) b(y), (VALUES (1), (2)) c(z) \
                    WHERE a.x = b.y OR b.y < c.z";
        let plan = context.sql(text).await.expect("parsed").create_physical_plan().await.expect("planned");
        let before = displayable(plan.as_ref()).indent(false).to_string();
        let after = displayable(yield_in_joins(plan).expect("a plan").as_ref()).indent(false).to_string();
        let joins = before.matches("JoinExec").count();
        assert!(joins >= 2, "{before}");
        let cooperative = |text: &str| text.matches("CooperativeExec").count();
        assert_eq!(cooperative(&after), cooperative(&before) + joins, "{after}");
    }
}
