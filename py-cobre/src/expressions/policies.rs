use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use polars::prelude::{PolarsResult, polars_bail};

use crate::policy::PolicyData;

/// Policies that expressions use, by hash of their content. An expression can be copied and run long after the object
/// of Python that it was made with is gone, so a policy stays until it is released.
fn held() -> MutexGuard<'static, BTreeMap<String, Arc<PolicyData>>> {
    static HELD: Mutex<BTreeMap<String, Arc<PolicyData>>> = Mutex::new(BTreeMap::new());
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a policy, and gives the hash of its content.
pub(super) fn hold(policy: &Arc<PolicyData>) -> String {
    let hash = policy.content_hash().to_owned();
    held().entry(hash.clone()).or_insert_with(|| Arc::clone(policy));
    hash
}

/// Forgets a policy. False when it was not held.
pub(super) fn release(policy: &Arc<PolicyData>) -> bool {
    let hash = policy.content_hash();
    held().remove(hash).is_some()
}

/// The policy with a hash.
pub(super) fn find(hash: &str) -> PolarsResult<Arc<PolicyData>> {
    if let Some(policy) = held().get(hash) {
        return Ok(Arc::clone(policy));
    }
    let short = hash.get(..12).unwrap_or(hash);
    polars_bail!(ComputeError:
        "no policy {short} is held by this process: it was released, or the plan was made in another process. Build the \
         expression here, of the same policy")
}
