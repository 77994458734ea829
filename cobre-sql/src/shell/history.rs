use std::path::PathBuf;

/// Where what was typed is kept: `cobre/sql_history` among the user's state, as the XDG base directories say; none without
/// a home.
pub(super) fn history_file() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))?;
    Some(state.join("cobre").join("sql_history"))
}
