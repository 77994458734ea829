use crate::failure::Failure;

/// What a command that asks in SQL answers when this program cannot.
pub(crate) fn refusal(command: &str) -> Failure {
    let message = format!(
        "this cobre was built without SQL, which `cobre {command}` needs\nhint: build it with the feature `sql`, which is \
         there unless --no-default-features is given"
    );
    Failure::Arguments { message }
}
