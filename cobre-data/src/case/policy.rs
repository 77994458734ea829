//! `policy` of `config.json`: where training starts from, and what of it is kept on the way.

use super::cursor::{Node, Object};
use super::keys::config as keys;

/// What a path says that the format has as its default.
const DEFAULT_PATH: &str = "policy";

/// Which stored policy is read, and what for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyOptions {
    /// A run (`run=3`), a folder or a URL to read the policy from; relative to the output root. `None`: the newest
    /// policy of the output root.
    pub path: Option<String>,
    /// What training starts from. Without training the policy is read whatever the mode.
    pub mode: PolicyMode,
}

/// What training starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PolicyMode {
    /// Nothing: no policy is read.
    #[default]
    Fresh,
    /// The cuts of a stored policy; iterations count from 1.
    WarmStart,
    /// The state of a stored policy, as if training had not stopped there.
    Resume,
}

/// When checkpoints are written during training, and what is in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpointing {
    /// First iteration with a checkpoint, at least 1.
    pub initial_iteration: u32,
    /// Iterations from one checkpoint to the next, at least 1.
    pub interval_iterations: u32,
    /// Whether the simplex bases are stored; training that resumes without them is right, but not equal to the bit.
    pub store_basis: bool,
    /// Whether the files are compressed.
    pub compress: bool,
}

impl Checkpointing {
    /// Whether a checkpoint follows this iteration, counted from 1.
    pub fn is_due(&self, iteration: u32) -> bool {
        iteration >= self.initial_iteration
            && (iteration - self.initial_iteration).is_multiple_of(self.interval_iterations.max(1))
    }
}

/// Reads `policy`; `is_training`: whether a policy is trained.
pub(super) fn read(root: &Object, is_training: bool) -> (PolicyOptions, Option<Checkpointing>) {
    let Some(policy) = root.optional("policy").and_then(|node| node.object(&keys::POLICY)) else {
        return (PolicyOptions::default(), None);
    };
    let modes = [("fresh", PolicyMode::Fresh), ("warm_start", PolicyMode::WarmStart), ("resume", PolicyMode::Resume)];
    let mode = policy.optional("mode").and_then(|mode| mode.choice(&modes)).unwrap_or_default();
    let given = policy.optional("path");
    let path = given.as_ref().and_then(read_path);
    if let Some(given) = given.filter(|_| path.is_some() && is_training && mode == PolicyMode::Fresh) {
        let hint = "set policy.mode to \"warm_start\" or \"resume\"";
        given.warn_no_effect("no policy is read: training starts fresh", hint);
    }
    let node = policy.optional("checkpointing");
    let checkpointing = node.as_ref().and_then(read_checkpointing);
    if let Some(node) = node.filter(|_| checkpointing.is_some() && !is_training) {
        node.warn_no_effect("there is no training", "set training.enabled to true");
    }
    (PolicyOptions { path, mode }, checkpointing.filter(|_| is_training))
}

/// The path, `None` if it is the default.
fn read_path(node: &Node) -> Option<String> {
    let text = node.text()?;
    if text.trim().is_empty() {
        node.invalid("config.policy_path", "expected a run, a folder or a URL, found nothing");
        return None;
    }
    let plain = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
    (plain != DEFAULT_PATH).then(|| text.to_owned())
}

fn read_checkpointing(node: &Node) -> Option<Checkpointing> {
    let object = node.object(&keys::CHECKPOINTING)?;
    let is_enabled = object.optional("enabled").and_then(|node| node.flag()).unwrap_or(false);
    let count = |key| object.optional(key).and_then(|node| node.count(1));
    let flag = |key| object.optional(key).and_then(|node| node.flag());
    let (initial, interval) = (count("initial_iteration"), count("interval_iterations"));
    let (store_basis, compress) = (flag("store_basis"), flag("compress"));
    if !is_enabled {
        for key in ["initial_iteration", "interval_iterations", "store_basis", "compress"] {
            if let Some(member) = object.optional(key) {
                member.warn_no_effect("checkpointing is off", "set policy.checkpointing.enabled to true");
            }
        }
        return None;
    }
    object.required("interval_iterations");
    let interval_iterations = interval?;
    Some(Checkpointing {
        initial_iteration: initial.unwrap_or(interval_iterations),
        interval_iterations,
        store_basis: store_basis.unwrap_or(true),
        compress: compress.unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use super::Checkpointing;

    #[test]
    fn checkpoints_are_due_from_the_first_one_at_their_interval() {
        let checkpointing =
            Checkpointing { initial_iteration: 2, interval_iterations: 3, store_basis: true, compress: false };
        let due: Vec<u32> = (1..=12).filter(|&iteration| checkpointing.is_due(iteration)).collect();
        assert_eq!(due, [2, 5, 8, 11]);
    }
}
