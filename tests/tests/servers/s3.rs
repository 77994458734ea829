use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use cobre_data::store::StoreOptions;

use super::http;
use super::process::ServerProcess;
use crate::setting::root;

/// A bucket of its own on a real S3 server, which all tests of this process share.
pub(crate) struct S3Server {
    /// URL of the server.
    pub(crate) endpoint: String,
    pub(super) port: u16,
    bucket: String,
}

impl S3Server {
    /// Starts the server unless it runs already, and makes a new bucket.
    pub(crate) fn start() -> Self {
        static SERVER: OnceLock<ServerProcess> = OnceLock::new();
        static N_BUCKETS: AtomicUsize = AtomicUsize::new(0);
        let program = virtual_environment().join("bin/moto_server");
        assert!(program.exists(), "{} is missing; hint: run ./dev setup", program.display());
        let server = SERVER.get_or_init(|| {
            ServerProcess::start("moto", |port| {
                let mut command = Command::new(&program);
                command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
                command
            })
        });
        let bucket = format!("bucket-{}", N_BUCKETS.fetch_add(1, Ordering::SeqCst));
        let made = http::request(server.port, "PUT", &format!("/{bucket}"), &[]).expect("an answer");
        assert_eq!(made, 200, "the bucket cannot be made");
        Self { endpoint: format!("http://127.0.0.1:{}", server.port), port: server.port, bucket }
    }

    /// URL of a place in the bucket.
    pub(crate) fn url(&self, prefix: &str) -> String {
        format!("s3://{}/{prefix}", self.bucket)
    }

    /// What a client needs to know. In capitals these are the variables of the environment.
    pub(crate) fn options(&self) -> StoreOptions {
        self.options_at(&self.endpoint)
    }

    /// The same for a client that comes by another way.
    pub(crate) fn options_at(&self, endpoint: &str) -> StoreOptions {
        let options = [
            ("aws_endpoint", endpoint),
            ("aws_allow_http", "true"),
            ("aws_region", "us-east-1"),
            ("aws_access_key_id", "testing"),
            ("aws_secret_access_key", "testing"),
        ];
        StoreOptions(options.map(|(key, value)| (key.to_owned(), value.to_owned())).into())
    }
}

/// The virtual environment of the tools written in Python: `COBRE_VENV`, else `.venv` of the workspace.
fn virtual_environment() -> PathBuf {
    std::env::var_os("COBRE_VENV").map_or_else(|| root().join(".venv"), PathBuf::from)
}
