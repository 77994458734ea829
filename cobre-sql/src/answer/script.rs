use std::io::Write;

use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::dialect::dialect_from_str;

use super::AnswerFormat;
use super::write::write_answer;
use crate::{SqlError, StudySession};

/// Runs the statements of a text one after the other and writes their answers to `out`.
///
/// A statement that only does something, such as `SET` or `CREATE VIEW`, has no answer. Only a table of text can be
/// followed by another one: in every other format one statement may have an answer.
///
/// # Errors
/// The first statement that is wrong or fails; those before it have been run.
pub async fn run_script(
    session: &mut StudySession,
    text: &str,
    format: AnswerFormat,
    out: &mut (dyn Write + Send),
) -> Result<(), SqlError> {
    let mut has_answer = false;
    for statement in parse(session, text)? {
        session.refresh().await?;
        let plan = session.context().state().statement_to_plan(statement).await?;
        if !is_answered(&plan) {
            session.context().execute_logical_plan(plan).await?.collect().await?;
            continue;
        }
        if has_answer && format != AnswerFormat::Table {
            let message = format!("several answers do not fit into one {} output", format.name());
            return Err(DataFusionError::Plan(message).into());
        }
        has_answer = true;
        let answer = session.context().execute_logical_plan(plan).await?.execute_stream().await?;
        write_answer(answer, format, out).await?;
    }
    Ok(())
}

/// The statements of a text.
fn parse(session: &StudySession, text: &str) -> Result<Vec<Statement>> {
    let state = session.context().state();
    let options = &state.config().options().sql_parser;
    let dialect = dialect_from_str(options.dialect)
        .ok_or_else(|| DataFusionError::Plan(format!("there is no SQL dialect `{}`", options.dialect)))?;
    let statements = DFParserBuilder::new(text)
        .with_dialect(dialect.as_ref())
        .with_recursion_limit(options.recursion_limit.get())
        .build()?
        .parse_statements()?;
    if statements.is_empty() {
        return Err(DataFusionError::Plan("there is no statement".to_owned()));
    }
    Ok(statements.into())
}

fn is_answered(plan: &LogicalPlan) -> bool {
    !matches!(plan, LogicalPlan::Ddl(_) | LogicalPlan::Statement(_) | LogicalPlan::Copy(_) | LogicalPlan::Dml(_))
}
