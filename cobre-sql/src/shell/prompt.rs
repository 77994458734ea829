use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use datafusion::common::config::Dialect;
use datafusion_cli::cli_context::CliSessionContext;
use datafusion_cli::command::{Command, OutputFormat};
use datafusion_cli::exec::exec_from_commands;
use datafusion_cli::helper::CliHelper;
use datafusion_cli::object_storage::instrumented::InstrumentedObjectStoreRegistry;
use datafusion_cli::print_format::PrintFormat;
use datafusion_cli::print_options::{MaxRows, PrintOptions};
use rustyline::Editor;
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;

use super::context::ShellContext;
use super::history::history_file;
use crate::{SqlError, StudySession};

/// Rows of an answer that are shown unless the statement says `LIMIT`.
const SHOWN_ROWS: usize = 200;

type Prompt = Editor<CliHelper, DefaultHistory>;

/// Reads statements and commands from the terminal until the user leaves. What was typed is kept for the next time in
/// `cobre/sql_history` below `XDG_STATE_HOME`, else `~/.local/state`.
///
/// # Errors
/// [`SqlError::Answer`] when there is no terminal to read from. Statements that fail are told there.
pub async fn run_shell(session: StudySession) -> Result<(), SqlError> {
    let context = ShellContext::new(session);
    let mut options = PrintOptions {
        format: PrintFormat::Automatic,
        quiet: false,
        maxrows: MaxRows::Limited(SHOWN_ROWS),
        color: true,
        instrumented_registry: Arc::new(InstrumentedObjectStoreRegistry::new()),
    };
    let mut prompt = Prompt::new().map_err(terminal)?;
    prompt.set_helper(Some(CliHelper::new(&dialect(&context), options.color)));
    let history = history_file();
    if let Some(file) = &history {
        // At the first time there is none.
        let _ = prompt.load_history(file);
    }
    loop {
        let text = match prompt.readline("cobre> ") {
            Ok(text) => text,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(terminal(error)),
        };
        let text = text.trim();
        let _ = prompt.add_history_entry(text);
        let outcome = match text.strip_prefix('\\') {
            Some("q") => break,
            Some(command) => run_command(&context, command, &mut options).await,
            None => run_statements(&context, text, &options).await,
        };
        if let Err(message) = outcome {
            show(&format!("error: {message}"));
        }
        if let Some(helper) = prompt.helper_mut() {
            helper.set_dialect(&dialect(&context));
            helper.reset_hint();
        }
    }
    if let Some(file) = &history
        && let Err(message) = keep(&mut prompt, file)
    {
        show(&format!("warning: what was typed is not kept in {}: {message}", file.display()));
    }
    Ok(())
}

/// Runs what follows a `\`.
async fn run_command(context: &ShellContext, text: &str, options: &mut PrintOptions) -> Result<(), String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let unknown = || format!("there is no command `\\{text}`; `\\?` lists them");
    match text.parse::<Command>().map_err(|()| unknown())? {
        Command::OutputFormat(None) => {
            show(&format!("the format is {:?}", options.format));
            Ok(())
        }
        Command::OutputFormat(Some(setting)) => {
            let setting = setting.parse::<OutputFormat>().map_err(|()| unknown())?;
            setting.execute(options).map_err(|error| SqlError::from(error).to_string())
        }
        command => {
            context.refresh().await;
            command.execute(context, options).await.map_err(|error| SqlError::from(error).to_string())
        }
    }
}

/// Runs statements, until they end or the user has had enough.
async fn run_statements(context: &ShellContext, text: &str, options: &PrintOptions) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    context.refresh().await;
    tokio::select! {
        outcome = exec_from_commands(context, vec![text.to_owned()], options) => {
            outcome.map_err(|error| SqlError::from(error).to_string())
        }
        _ = tokio::signal::ctrl_c() => Err("interrupted".to_owned()),
    }
}

fn dialect(context: &ShellContext) -> Dialect {
    context.task_ctx().session_config().options().sql_parser.dialect
}

fn keep(prompt: &mut Prompt, file: &Path) -> Result<(), String> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    prompt.save_history(file).map_err(|error| error.to_string())
}

/// Tells the user something that is no answer; a terminal that has gone away ends the loop on its own.
fn show(message: &str) {
    let _ = writeln!(std::io::stderr(), "{message}");
}

fn terminal(error: ReadlineError) -> SqlError {
    SqlError::Answer(std::io::Error::other(error))
}
