//! Functions that a server does not offer: a few characters make them ask for any amount of memory, which no limit sees.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::plan_err;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::prelude::SessionContext;

/// Names of functions whose answer is as large as a number among their arguments.
const BOUNDLESS: [&str; 13] = [
    "repeat",
    "lpad",
    "rpad",
    "range",
    "generate_series",
    "gen_series",
    "array_repeat",
    "list_repeat",
    "array_resize",
    "list_resize",
    "array_pad",
    "list_pad",
    "space",
];

/// Puts a refusal in the place of each. The tables `range(…)` and `generate_series(…)` stay: they are made row by row.
pub(super) fn refuse_boundless(context: &SessionContext) {
    for name in BOUNDLESS {
        context
            .register_udf(ScalarUDF::from(Refused { name, signature: Signature::variadic_any(Volatility::Volatile) }));
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Refused {
    name: &'static str,
    signature: Signature,
}

impl ScalarUDFImpl for Refused {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        plan_err!("the server does not offer {}(…): its answer could take all memory", self.name)
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        plan_err!("the server does not offer {}(…): its answer could take all memory", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_could_take_all_memory_is_refused_by_name() {
        let context = SessionContext::new();
        refuse_boundless(&context);
        for text in [
            "SELECT repeat('x', 2147483647)",
            "SELECT lpad('x', 2147483647, 'y')",
            "SELECT range(1, 100000000000)",
            "SELECT generate_series(1, 100000000000)",
            "SELECT array_resize([1], 100000000000)",
            "SELECT list_repeat(1, 100000000000)",
        ] {
            let error = context.sql(text).await.expect_err(text).to_string();
            assert!(error.contains("the server does not offer"), "{text}: {error}");
        }
        let rows = context.sql("SELECT * FROM generate_series(1, 5)").await.expect("a table").count().await;
        assert_eq!(rows.expect("rows"), 5);
    }
}
