use std::ops::ControlFlow;

use datafusion::execution::context::SQLOptions;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::Statement as Parsed;
use datafusion::sql::sqlparser::ast::{Statement, Value, ValueWithSpan, VisitMut, VisitorMut};
use datafusion::sql::sqlparser::dialect::dialect_from_str;
use tonic::{Code, Status};

use super::complexity::{check_text, check_tree};
use super::status::{of_query, status};

/// The plan of a statement that reads. Runs where the stack is large.
pub(super) async fn plan_statement(state: &SessionState, text: &str) -> Result<LogicalPlan, Status> {
    let statement = parse(state, text)?;
    let plan = state.statement_to_plan(statement).await.map_err(|error| of_query(&error))?;
    let reads = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    reads.verify_plan(&plan).map_err(|error| refused_write(&error.find_root().to_string()))?;
    Ok(plan)
}

fn parse(state: &SessionState, text: &str) -> Result<Parsed, Status> {
    let refused = |message: String| status(Code::InvalidArgument, &message);
    let name = state.config().options().sql_parser.dialect;
    let dialect = dialect_from_str(name).ok_or_else(|| refused(format!("there is no dialect {name}")))?;
    check_text(text, dialect.as_ref()).map_err(refused)?;
    let mut statement = state.sql_to_statement(text, &name).map_err(|error| of_query(&error))?;
    let tree = tree_of(&mut statement)?;
    check_tree(tree).map_err(refused)?;
    number_placeholders(tree).map_err(refused)?;
    Ok(statement)
}

/// The status for what would change something.
pub(super) fn refused_write(what: &str) -> Status {
    status(Code::PermissionDenied, &format!("this server only reads: {what}"))
}

/// The tree of a statement that could read.
fn tree_of(statement: &mut Parsed) -> Result<&mut Statement, Status> {
    match statement {
        Parsed::Statement(tree) => Ok(tree),
        Parsed::Explain(explain) => tree_of(&mut explain.statement),
        Parsed::CopyTo(_) => Err(refused_write("COPY is not supported")),
        Parsed::CreateExternalTable(_) => Err(refused_write("CREATE EXTERNAL TABLE is not supported")),
        Parsed::Reset(_) => Err(refused_write("RESET is not supported")),
    }
}

/// Gives every `?` its number: the first is `$1`.
fn number_placeholders(statement: &mut impl VisitMut) -> Result<(), String> {
    let mut placeholders = Placeholders::default();
    let _ = statement.visit(&mut placeholders);
    if placeholders.marks > 0 && placeholders.has_names {
        return Err("the statement has parameters with and without a number; expected `?` or `$1`".to_owned());
    }
    Ok(())
}

#[derive(Default)]
struct Placeholders {
    marks: usize,
    has_names: bool,
}

impl VisitorMut for Placeholders {
    type Break = ();

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        if let Value::Placeholder(name) = &mut value.value {
            if name == "?" {
                self.marks += 1;
                *name = format!("${}", self.marks);
            } else {
                self.has_names = true;
            }
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::prelude::SessionContext;

    async fn plan(text: &str) -> Result<LogicalPlan, Status> {
        let context = SessionContext::new();
        context.sql("CREATE TABLE t (a INT, b TEXT)").await.expect("a table").collect().await.expect("made");
        plan_statement(&context.state(), text).await
    }

    #[tokio::test]
    async fn what_reads_is_planned() {
        for text in [
            "SELECT a FROM t",
            "WITH u AS (SELECT a FROM t) SELECT * FROM u",
            "VALUES (1), (2)",
            "EXPLAIN SELECT a FROM t",
            "EXPLAIN ANALYZE VERBOSE SELECT a FROM t",
            "DESCRIBE t",
        ] {
            plan(text).await.expect(text);
        }
    }

    #[tokio::test]
    async fn what_writes_is_refused() {
        for text in [
            "COPY t TO '/tmp/never.parquet'",
            "COPY (SELECT 1) TO '/tmp/never' STORED AS CSV",
            "EXPLAIN COPY t TO '/tmp/never.parquet'",
            "EXPLAIN ANALYZE COPY t TO '/tmp/never.parquet'",
            "EXPLAIN ANALYZE INSERT INTO t VALUES (1, 'x')",
            "INSERT INTO t VALUES (1, 'x')",
            "INSERT INTO t SELECT * FROM t",
            "UPDATE t SET a = 1",
            "DELETE FROM t",
            "TRUNCATE TABLE t",
            "SELECT a INTO u FROM t",
            "CREATE TABLE u AS SELECT 1",
            "EXPLAIN ANALYZE CREATE TABLE u AS SELECT 1",
            "CREATE VIEW u AS SELECT 1",
            "CREATE SCHEMA u",
            "CREATE DATABASE u",
            "CREATE EXTERNAL TABLE u STORED AS CSV LOCATION '/etc/passwd'",
            "CREATE UNBOUNDED EXTERNAL TABLE u STORED AS CSV LOCATION '/etc/passwd'",
            "CREATE FUNCTION f(INT) RETURNS INT RETURN $1",
            "DROP TABLE t",
            "DROP VIEW t",
            "SET datafusion.runtime.memory_limit = '100G'",
            "RESET datafusion.runtime.memory_limit",
            "BEGIN",
            "COMMIT",
            "PREPARE p AS SELECT 1",
            "EXECUTE p",
            "DEALLOCATE p",
        ] {
            let status = plan(text).await.expect_err(text);
            let codes = [Code::PermissionDenied, Code::InvalidArgument, Code::Unimplemented];
            assert!(codes.contains(&status.code()), "{text}: {status:?}");
        }
        let status = plan("COPY t TO '/tmp/never.parquet'").await.expect_err("a write");
        assert_eq!(status.code(), Code::PermissionDenied);
        assert!(!std::path::Path::new("/tmp/never.parquet").exists());
    }

    #[tokio::test]
    async fn files_are_no_tables() {
        for text in ["SELECT * FROM '/etc/passwd.csv'", "SELECT * FROM \"/etc/passwd\"", "SELECT 1; SELECT 2", "", ";"]
        {
            plan(text).await.expect_err(text);
        }
    }

    #[tokio::test]
    async fn marks_become_numbers() {
        let ids = |plan: &LogicalPlan| {
            let mut ids: Vec<String> = plan.get_parameter_types().expect("types").into_keys().collect();
            ids.sort();
            ids
        };
        let found = plan("SELECT a FROM t WHERE a > ? AND b = ? AND a IN (SELECT ? LIMIT 1)").await.expect("planned");
        assert_eq!(ids(&found), ["$1", "$2", "$3"]);
        let found = plan("EXPLAIN SELECT a FROM t WHERE a > ?").await.expect("planned");
        assert_eq!(ids(&found), ["$1"]);
        assert_eq!(plan("SELECT ?, $1").await.expect_err("mixed").code(), Code::InvalidArgument);
    }
}
