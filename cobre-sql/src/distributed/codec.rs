use std::sync::Arc;

use datafusion::common::{exec_datafusion_err, exec_err, not_impl_err};
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use serde::{Deserialize, Serialize};

use super::OpenRuns;
use crate::policy::{PolicyScan, PolicyScanDescription};
use crate::session::Yield;

/// Writes operators of ours so that a worker can make them again, from runs that it opens itself.
#[derive(Debug)]
pub(super) struct StudyCodec {
    pub(super) runs: Arc<OpenRuns>,
}

/// An operator of ours.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Operator {
    PolicyScan(PolicyScanDescription),
    Yield,
}

impl PhysicalExtensionCodec for StudyCodec {
    fn try_decode(
        &self,
        text: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        _: &TaskContext,
        _: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let operator = serde_json::from_slice(text);
        match (operator.map_err(|error| exec_datafusion_err!("an operator cannot be understood: {error}"))?, inputs) {
            (Operator::PolicyScan(description), []) => {
                let policy = self.runs.run(&description.run)?.policy(&description.run)?;
                Ok(Arc::new(PolicyScan::described(&description, &policy)?))
            }
            (Operator::Yield, [input]) => Ok(Yield::over(Arc::clone(input))),
            (_, inputs) => exec_err!("an operator has {} inputs", inputs.len()),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        text: &mut Vec<u8>,
        _: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let operator = if let Some(scan) = node.downcast_ref::<PolicyScan>() {
            let Some(description) = scan.description() else {
                return not_impl_err!("a policy that was opened by its URL stays where it is");
            };
            Operator::PolicyScan(description)
        } else if node.is::<Yield>() {
            Operator::Yield
        } else {
            return not_impl_err!("{} stays where it is", node.name());
        };
        serde_json::to_writer(text, &operator).map_err(|error| exec_datafusion_err!("{error}"))
    }
}
