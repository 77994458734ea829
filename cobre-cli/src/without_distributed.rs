use crate::failure::Failure;

/// What is answered where work on several machines is asked of a program that cannot share it.
pub(crate) fn refusal(what: &str) -> Failure {
    let message = format!(
        "this cobre was built without queries on several machines, which `{what}` needs\nhint: build it with \
         --features distributed"
    );
    Failure::Arguments { message }
}
