use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use cobre_sql::{AnswerFormat, Attachment, Blame, SessionOptions, SqlError, StudySession, run_script, run_shell};

use crate::args::SqlOptions;
use crate::failure::Failure;

/// Stack of a planning thread: an expression of a long text is deep.
const STACK_BYTES: usize = 16 << 20;

pub(crate) fn sql(options: &SqlOptions) -> Result<ExitCode, Failure> {
    let format: AnswerFormat = options.format.parse().map_err(|message| Failure::Arguments { message })?;
    let question = question(options)?;
    if format == AnswerFormat::Parquet && options.output.is_none() && io::stdout().is_terminal() {
        let message = "a Parquet file is nothing for a terminal; hint: --output FILE".to_owned();
        return Err(Failure::Arguments { message });
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK_BYTES)
        .build()
        .map_err(|error| Failure::Internal { message: format!("cannot start threads: {error}") })?;
    let session = session(options)?;
    runtime.block_on(async {
        let session = attach(session, options).await?;
        match question {
            Some(question) => answer(session, &question, format, options.output.as_deref()).await,
            None => run_shell(session).await.map_err(Failure::from),
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The statements to run; none to talk with the user.
fn question(options: &SqlOptions) -> Result<Option<String>, Failure> {
    if let Some(question) = &options.question {
        return Ok(Some(question.clone()));
    }
    match options.file.as_deref() {
        Some("-") => standard_input().map(Some),
        Some(file) => {
            let read = std::fs::read_to_string(file);
            read.map(Some).map_err(|error| Failure::io("read", Path::new(file), &error))
        }
        None if io::stdin().is_terminal() => Ok(None),
        None => standard_input().map(Some),
    }
}

fn standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    let read = io::stdin().read_to_string(&mut text);
    read.map(|_| text).map_err(|error| Failure::io("read", Path::new("standard input"), &error))
}

fn session(options: &SqlOptions) -> Result<StudySession, Failure> {
    #[cfg(not(feature = "distributed"))]
    options.workers.check()?;
    Ok(StudySession::new(SessionOptions {
        storage: options.store.options()?,
        threads: options.threads.map(usize::from),
        memory_limit: options.memory_limit.map(|mib| mib as usize * (1 << 20)),
        #[cfg(feature = "distributed")]
        workers: options.workers.find()?,
        ..SessionOptions::default()
    })?)
}

async fn attach(mut session: StudySession, options: &SqlOptions) -> Result<StudySession, Failure> {
    for place in std::iter::once(&options.root).chain(&options.attach) {
        session.attach(&Attachment::parse(place)?).await?;
    }
    Ok(session)
}

async fn answer(
    mut session: StudySession,
    question: &str,
    format: AnswerFormat,
    output: Option<&Path>,
) -> Result<(), Failure> {
    let Some(path) = output else {
        let mut pipe = Pipe::default();
        let outcome = run_script(&mut session, question, format, &mut io::BufWriter::new(&mut pipe)).await;
        return if pipe.is_closed { Ok(()) } else { outcome.map_err(Failure::from) };
    };
    let failed = |error: &io::Error| Failure::io("write", path, error);
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let unfinished = Path::new(&name);
    let mut out = io::BufWriter::new(File::create(unfinished).map_err(|error| failed(&error))?);
    let outcome = run_script(&mut session, question, format, &mut out).await.map_err(Failure::from);
    let written = outcome.and_then(|()| {
        let file = out.into_inner().map_err(|error| failed(error.error()))?;
        file.sync_all().and_then(|()| std::fs::rename(unfinished, path)).map_err(|error| failed(&error))
    });
    if written.is_err() {
        // What is left is of no use; that it cannot be removed is not what the user has to know.
        let _ = std::fs::remove_file(unfinished);
    }
    written
}

/// Standard output, whose reader may have seen enough.
#[derive(Debug, Default)]
struct Pipe {
    is_closed: bool,
}

impl Pipe {
    fn watch<T>(&mut self, outcome: io::Result<T>) -> io::Result<T> {
        self.is_closed |= outcome.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        outcome
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = io::stdout().write(bytes);
        self.watch(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = io::stdout().flush();
        self.watch(flushed)
    }
}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        let message = error.to_string();
        match error.blame() {
            Blame::Question => Self::Arguments { message },
            Blame::Files => Self::Files { message },
            Blame::Program => Self::Internal { message },
        }
    }
}
