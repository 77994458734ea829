use std::process::ExitCode;
use std::sync::Arc;

use cobre_data::store::Location;
use cobre_sql::distributed::{StudyWorker, WorkerOptions as StudyWorkerOptions, WorkerSecurity};
use cobre_sql::server::build_runtime;

use crate::args::WorkerOptions;
use crate::events::{print_line, print_message};
use crate::failure::Failure;
use crate::serve::LOOK;
use crate::stop::StopRequest;
use crate::token::{find_token, read, read_identity};
use crate::workers::TOKEN_VARIABLE;

pub(crate) fn worker(options: &WorkerOptions) -> Result<ExitCode, Failure> {
    let mut roots = Vec::new();
    for root in &options.roots {
        let location = Location::parse(root)?;
        if location.is_memory() {
            let message =
                format!("{root} is empty: it is of this process alone\nhint: name a folder or an object store");
            return Err(Failure::Files { message });
        }
        roots.push(location);
    }
    let (token, is_new) = find_token(options.token_file.as_deref(), options.no_token, TOKEN_VARIABLE)?;
    let told = token.as_ref().filter(|_| is_new).map(|token| token.secret().to_owned());
    let worker = StudyWorkerOptions {
        roots,
        storage: options.store.options()?,
        bind: options.listen.bind,
        port: options.listen.port,
        tls: read_identity(options.tls_cert.as_deref(), options.tls_key.as_deref())?,
        security: WorkerSecurity {
            token: token.map(Arc::new),
            authority: options.worker_ca.as_deref().map(read).transpose()?,
            insecure: options.listen.insecure,
        },
        memory_limit: Some(options.memory_limit),
        ..StudyWorkerOptions::default()
    };
    let stop = StopRequest::listen(true, None)?;
    let runtime = build_runtime(options.threads.map(usize::from))
        .map_err(|error| Failure::Internal { message: format!("threads cannot be started: {error}") })?;
    let worked: Result<(), Failure> = runtime.block_on(async {
        let worker = StudyWorker::bind(worker).await?;
        print_line(&format!("working at {}", worker.url()));
        if let Some(secret) = told {
            print_message(&format!("sessions and other workers have to show this token, which is new: {secret}"));
        }
        let stopped = async {
            while !stop.is_raised() {
                tokio::time::sleep(LOOK).await;
            }
        };
        worker.serve(stopped).await.map_err(Failure::from)
    });
    // What does not end by itself is not waited for.
    runtime.shutdown_background();
    worked.map(|()| ExitCode::SUCCESS)
}
