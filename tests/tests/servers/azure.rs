use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use cobre_data::store::StoreOptions;

use super::process::ServerProcess;
use crate::setting::root;

/// The account that every Azurite has, and its published key.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A container of its own on a server that speaks Azure's protocol, which all tests of this process share.
pub(crate) struct AzureServer {
    endpoint: String,
    container: String,
}

impl AzureServer {
    /// Starts the server unless it runs already, and makes a new container.
    pub(crate) fn start() -> Self {
        static SERVER: OnceLock<ServerProcess> = OnceLock::new();
        static N_CONTAINERS: AtomicUsize = AtomicUsize::new(0);
        let program = tools().join("azurite/node_modules/.bin/azurite-blob");
        assert!(program.exists(), "{} is missing; hint: run ./dev setup", program.display());
        let server = SERVER.get_or_init(|| {
            ServerProcess::start("azurite", |port| {
                let mut command = Command::new(&program);
                command
                    .args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string()])
                    .args(["--skipApiVersionCheck", "--loose", "--inMemoryPersistence", "--disableTelemetry"])
                    .current_dir(env!("CARGO_TARGET_TMPDIR"));
                command
            })
        });
        let container = format!("container-{}", N_CONTAINERS.fetch_add(1, Ordering::SeqCst));
        // Making a container takes a signed request, which object_store does not offer.
        let made = Command::new("node")
            .arg(root().join("tests/tests/servers/make_container.js"))
            .args([&server.port.to_string(), ACCOUNT, KEY, &container])
            .output()
            .expect("node can be started");
        assert!(made.status.success(), "no container: {}", String::from_utf8_lossy(&made.stderr));
        Self { endpoint: format!("http://127.0.0.1:{}/{ACCOUNT}", server.port), container }
    }

    /// URL of a place in the container.
    pub(crate) fn url(&self, prefix: &str) -> String {
        format!("az://{}/{prefix}", self.container)
    }

    /// What a client needs to know. In capitals these are the variables of the environment.
    pub(crate) fn options(&self) -> StoreOptions {
        let options = [
            ("azure_storage_endpoint", self.endpoint.as_str()),
            ("azure_allow_http", "true"),
            ("azure_storage_account_name", ACCOUNT),
            ("azure_storage_account_key", KEY),
        ];
        StoreOptions(options.map(|(key, value)| (key.to_owned(), value.to_owned())).into())
    }
}

/// The folder of the tools that are installed for the tests: `COBRE_TOOLS`, else `.tools` of the workspace.
fn tools() -> PathBuf {
    std::env::var_os("COBRE_TOOLS").map_or_else(|| root().join(".tools"), PathBuf::from)
}
