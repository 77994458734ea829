use crate::failure::Failure;

/// What a binary says that cannot answer SQL.
pub(crate) fn refusal() -> Failure {
    let message =
        "this binary was built without SQL\nhint: build it with the feature `sql`: cargo build --release -p cobre-cli";
    Failure::Arguments { message: message.to_owned() }
}
