use std::process::ExitCode;
use std::time::Duration;

use cobre_sql::server::{ServerOptions, SqlServer, build_runtime};
use cobre_sql::{Attachment, SessionOptions, StudySession};

use crate::args::ServeOptions;
use crate::events::{print_line, print_message};
use crate::failure::Failure;
use crate::stop::StopRequest;
use crate::token::{find_token, read_identity};

/// Where the token may be, besides a file.
const TOKEN_VARIABLE: &str = "COBRE_TOKEN";
/// Threads of a server, unless a single query is given more.
const MOST_THREADS: usize = 512;
/// Time between two looks whether to stop.
pub(crate) const LOOK: Duration = Duration::from_millis(50);

pub(crate) fn serve(options: &ServeOptions) -> Result<ExitCode, Failure> {
    let mut attachments = Vec::new();
    for root in &options.roots {
        let attachment = Attachment::parse(root)?;
        if attachment.location.is_memory() {
            let message =
                format!("{root} is empty: it is of this process alone\nhint: name a folder or an object store");
            return Err(Failure::Files { message });
        }
        attachments.push(attachment);
    }
    let threads = options.threads.map(usize::from);
    #[cfg(not(feature = "distributed"))]
    options.workers.check()?;
    let session = SessionOptions {
        storage: options.store.options()?,
        threads,
        memory_limit: Some(options.memory_limit),
        allow_urls: false,
        ..SessionOptions::default()
    };
    #[cfg(feature = "distributed")]
    let session = SessionOptions { workers: options.workers.find()?, ..session };
    let (token, is_new) = find_token(options.token_file.as_deref(), options.no_token, TOKEN_VARIABLE)?;
    let told = token.as_ref().filter(|_| is_new).map(|token| token.secret().to_owned());
    let server = ServerOptions {
        bind: options.listen.bind,
        port: options.listen.port,
        token,
        tls: read_identity(options.tls_cert.as_deref(), options.tls_key.as_deref())?,
        insecure: options.listen.insecure,
        max_queries: usize::from(options.max_queries),
        query_timeout: options.query_timeout.map(|seconds| Duration::from_secs(u64::from(seconds))),
        ..ServerOptions::default()
    };
    let stop = StopRequest::listen(true, None)?;
    let no_threads = |error| Failure::Internal { message: format!("threads cannot be started: {error}") };
    let runtime = build_runtime(Some(1)).map_err(no_threads)?;
    let queries = build_runtime(Some(query_threads(options))).map_err(no_threads)?;
    let served: Result<(), Failure> = runtime.block_on(async {
        let mut session = StudySession::new(session)?;
        for attachment in &attachments {
            session.attach(attachment).await?;
        }
        let server = SqlServer::bind(session, server, queries.handle().clone()).await?;
        print_line(&format!("listening on {}", server.url()));
        if let Some(secret) = told {
            print_message(&format!("clients have to show this token, which is new: {secret}"));
        }
        let stopped = async {
            while !stop.is_raised() {
                tokio::time::sleep(LOOK).await;
            }
        };
        server.serve(stopped).await.map_err(Failure::from)
    });
    // What does not end by itself is not waited for.
    queries.shutdown_background();
    runtime.shutdown_background();
    served.map(|()| ExitCode::SUCCESS)
}

/// Threads for all queries. A query works on as many as it has partitions; with some to spare, one that is slow to stop
/// holds up nobody.
fn query_threads(options: &ServeOptions) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let partitions = options.threads.map_or(cores, usize::from);
    (partitions * (usize::from(options.max_queries) + 1)).min(MOST_THREADS.max(partitions))
}
