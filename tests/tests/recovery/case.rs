use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::setting::dataset;

/// A copy of a case of the repository with other settings, in a folder of its own.
pub(crate) struct CaseCopy {
    folder: tempfile::TempDir,
}

impl CaseCopy {
    /// A case of the repository with its settings changed.
    pub(crate) fn of(name: &str, change: impl FnOnce(&mut Value)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        copy(&dataset(name), folder.path());
        let case = Self { folder };
        case.change(change);
        case
    }

    /// `four-reservoirs`, small enough to be run dozens of times, with a checkpoint after every second iteration and
    /// eight buckets of scenarios.
    pub(crate) fn small(change: impl FnOnce(&mut Value)) -> Self {
        Self::of("four-reservoirs", |config| {
            config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 15}]);
            config["training"]["selection"]["forward_passes"] = json!(3);
            config["simulation"]["selection"]["num_scenarios"] = json!(160);
            config["policy"] = json!({"checkpointing": {"enabled": true, "interval_iterations": 2}});
            config["exports"] = json!({"states": true, "results": {"bucket_size": 20}});
            change(config);
        })
    }

    pub(crate) fn path(&self) -> String {
        self.folder.path().display().to_string()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Value)) {
        self.change_file("config.json", change);
    }

    /// Changes a file of the case.
    pub(crate) fn change_file(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let path = self.folder.path().join(name);
        let mut content: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).expect("the file is there")).expect("JSON");
        change(&mut content);
        std::fs::write(&path, content.to_string()).expect("it can be written");
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("the case can be listed") {
        let path: PathBuf = entry.expect("an entry").path();
        let name = path.file_name().expect("a name");
        if path.is_dir() {
            if name != "output" {
                std::fs::create_dir_all(to.join(name)).expect("a folder");
                copy(&path, &to.join(name));
            }
        } else {
            std::fs::copy(&path, to.join(name)).expect("a copy");
        }
    }
}
