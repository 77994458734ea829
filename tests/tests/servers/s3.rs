use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use cobre_data::store::StoreOptions;

use super::http;
use super::process::ServerProcess;
use crate::setting::virtual_environment;

/// A bucket of its own on a real S3 server, which all tests of this process share.
pub(crate) struct S3Server {
    endpoint: String,
    port: u16,
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
        let made = http::request(server.port, "PUT", &format!("/{bucket}")).expect("an answer");
        assert_eq!(made.0, 200, "the bucket cannot be made: {}", made.1);
        Self { endpoint: format!("http://127.0.0.1:{}", server.port), port: server.port, bucket }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// URL of a place in the bucket.
    pub(crate) fn url(&self, prefix: &str) -> String {
        format!("s3://{}/{prefix}", self.bucket)
    }

    /// Uploads in parts that the server keeps, neither completed nor given up.
    pub(crate) fn n_unfinished_uploads(&self) -> usize {
        let (status, text) = http::request(self.port, "GET", &format!("/{}?uploads", self.bucket)).expect("an answer");
        assert_eq!(status, 200, "{text}");
        text.matches("<UploadId>").count()
    }

    /// What a client needs to know. In capitals these are the variables of the environment.
    pub(crate) fn options(&self) -> StoreOptions {
        let options = [
            ("aws_endpoint", self.endpoint.as_str()),
            ("aws_allow_http", "true"),
            ("aws_region", "us-east-1"),
            ("aws_access_key_id", "testing"),
            ("aws_secret_access_key", "testing"),
        ];
        StoreOptions(options.map(|(key, value)| (key.to_owned(), value.to_owned())).into())
    }
}
