use std::sync::Arc;

use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::Expr;

use super::tables::{cuts_table, external};
use super::url_roots::UrlRoots;

/// `study_table('URL', 'table')`: a table of an output root that is not attached.
#[derive(Debug)]
pub(crate) struct StudyTable(pub(crate) Arc<UrlRoots>);

impl TableFunctionImpl for StudyTable {
    fn call_with_args(&self, args: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        match args.exprs() {
            [url, table] => self.0.table(text(url, "URL")?, text(table, "name of the table")?),
            other => plan_err!("study_table('URL', 'table') takes 2 arguments, found {}", other.len()),
        }
    }
}

/// `policy_cuts('URL')`: the cuts of a policy that is not attached.
#[derive(Debug)]
pub(crate) struct PolicyCuts(pub(crate) Arc<UrlRoots>);

impl TableFunctionImpl for PolicyCuts {
    fn call_with_args(&self, args: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        match args.exprs() {
            [url] => Ok(cuts_table(&self.0.policy(text(url, "URL")?)?.load().map_err(external)?)),
            other => plan_err!("policy_cuts('URL') takes 1 argument, found {}", other.len()),
        }
    }
}

/// The text that an argument is.
fn text<'a>(argument: &'a Expr, what: &str) -> Result<&'a str> {
    match argument {
        Expr::Literal(
            ScalarValue::Utf8(Some(text)) | ScalarValue::LargeUtf8(Some(text)) | ScalarValue::Utf8View(Some(text)),
            _,
        ) => Ok(text),
        other => plan_err!("the {what} is a text in quotes; found {other}"),
    }
}
