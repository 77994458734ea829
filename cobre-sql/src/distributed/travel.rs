//! Which plans can be sent to workers.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::datasource::physical_plan::{FileScanConfig, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, InputOrderMode};
use datafusion::prelude::SessionConfig;
use datafusion_distributed::{DistributedCodec, DistributedLeafExec, NetworkBoundaryExt, NetworkShuffleExec, Stage};
use datafusion_proto::bytes::physical_plan_to_bytes_with_proto_converter;
use datafusion_proto::physical_plan::DeduplicatingProtoConverter;

use crate::catalog::RunAddress;
use crate::policy::{PolicyScan, is_policy_function};

/// Whether all that workers are to do of a plan can be sent to them, and means the same there.
pub(super) fn check_stages(plan: &Arc<dyn ExecutionPlan>, config: &SessionConfig) -> Result<bool> {
    let mut can_travel = true;
    plan.apply(|node| {
        if let Some(boundary) = node.as_network_boundary()
            && let Stage::Local(stage) = boundary.input_stage()
        {
            can_travel &= comes_in_any_order(node, stage.tasks, &stage.plan)
                && means_the_same(&stage.plan)?
                && is_encodable(&stage.plan, config)?;
        }
        Ok(if can_travel { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    Ok(can_travel)
}

/// Whether nobody above a boundary counts on an order that tasks beside each other do not keep.
fn comes_in_any_order(boundary: &Arc<dyn ExecutionPlan>, n_tasks: usize, plan: &Arc<dyn ExecutionPlan>) -> bool {
    n_tasks == 1 || !boundary.is::<NetworkShuffleExec>() || plan.output_ordering().is_none()
}

/// Whether a window finds the order of its partitions in its input itself. What is known beyond a boundary – that a column
/// is constant, so that nobody has to sort by it – is not told on this side of it.
fn is_sorted_for(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let (windows, input) = if let Some(window) = plan.downcast_ref::<BoundedWindowAggExec>() {
        if window.input_order_mode == InputOrderMode::Linear {
            return true;
        }
        (window.window_expr(), window.input())
    } else if let Some(window) = plan.downcast_ref::<WindowAggExec>() {
        (window.window_expr(), window.input())
    } else {
        return true;
    };
    let order = input.output_ordering();
    let is_ordered = |key: &Arc<dyn PhysicalExpr>| order.is_some_and(|order| order.iter().any(|by| by.expr.eq(key)));
    windows.iter().flat_map(|window| window.partition_by()).all(is_ordered)
}

fn is_encodable(plan: &Arc<dyn ExecutionPlan>, config: &SessionConfig) -> Result<bool> {
    // A task gets one variant of a leaf.
    let of_a_task = Arc::clone(plan).transform_up(|node| {
        let variant = node.downcast_ref::<DistributedLeafExec>().and_then(|leaf| leaf.variants().first().cloned());
        Ok(variant.map_or_else(|| Transformed::no(node), Transformed::yes))
    })?;
    let codec = DistributedCodec::new_combined_with_user(config);
    let converter = DeduplicatingProtoConverter::default();
    Ok(physical_plan_to_bytes_with_proto_converter(of_a_task.data, &codec, &converter).is_ok())
}

fn means_the_same(plan: &Arc<dyn ExecutionPlan>) -> Result<bool> {
    let mut same = true;
    plan.apply(|node| {
        let leaf = node.downcast_ref::<DistributedLeafExec>().map_or(node, DistributedLeafExec::original);
        same &= can_be_opened(leaf) && is_sorted_for(node);
        node.apply_expressions(&mut |expression| {
            expression.apply(|part| {
                same &= names_its_policy(part);
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        Ok(if same { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    Ok(same)
}

/// Whether a worker finds what a leaf reads.
fn can_be_opened(leaf: &Arc<dyn ExecutionPlan>) -> bool {
    if let Some(scan) = leaf.downcast_ref::<PolicyScan>() {
        return scan.run().is_some_and(is_elsewhere);
    }
    let source = leaf.downcast_ref::<DataSourceExec>().map(DataSourceExec::data_source);
    let Some(files) = source.and_then(|source| source.downcast_ref::<FileScanConfig>()) else { return true };
    files.file_source().downcast_ref::<ParquetSource>().is_some() && is_elsewhere(files.object_store_url.as_str())
}

/// Whether a URL is that of a run outside this process.
fn is_elsewhere(url: &str) -> bool {
    RunAddress::parse(url).is_some_and(|address| !address.root.starts_with("memory:"))
}

/// Whether a function over policies, if it is one, says by itself which run it asks.
fn names_its_policy(expression: &Arc<dyn PhysicalExpr>) -> bool {
    let Some(call) = expression.downcast_ref::<ScalarFunctionExpr>() else { return true };
    if !is_policy_function(call.fun()) {
        return true;
    }
    let policy = call.args().first().and_then(|policy| policy.downcast_ref::<Literal>());
    matches!(policy.map(Literal::value), Some(ScalarValue::Utf8(Some(url))) if is_elsewhere(url))
}
