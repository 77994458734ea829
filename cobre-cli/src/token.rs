use std::path::Path;

use cobre_sql::server::{TlsIdentity, Token};

use crate::failure::Failure;

/// The token that callers have to show, and whether nobody knows it yet: that of a file, of a variable of the
/// environment, else a new one.
pub(crate) fn find_token(file: Option<&Path>, is_open: bool, variable: &str) -> Result<(Option<Token>, bool), Failure> {
    if is_open {
        return Ok((None, false));
    }
    match known_token(file, variable)? {
        Some(token) => Ok((Some(token), false)),
        None => Ok((Some(Token::random()?), true)),
    }
}

/// The token of a file, else of a variable of the environment, if there is one.
pub(crate) fn known_token(file: Option<&Path>, variable: &str) -> Result<Option<Token>, Failure> {
    let refused = |message: String| Failure::Arguments { message };
    if let Some(path) = file {
        let text = String::from_utf8(read(path)?);
        let text = text.map_err(|_| refused(format!("{} holds no text", path.display())))?;
        return Ok(Some(Token::parse(&text)?));
    }
    match std::env::var(variable) {
        Ok(text) => Ok(Some(Token::parse(&text)?)),
        Err(std::env::VarError::NotUnicode(_)) => Err(refused(format!("{variable} holds no text"))),
        Err(std::env::VarError::NotPresent) => Ok(None),
    }
}

/// A certificate and its key, if both are given.
pub(crate) fn read_identity(certificate: Option<&Path>, key: Option<&Path>) -> Result<Option<TlsIdentity>, Failure> {
    let (Some(certificate), Some(key)) = (certificate, key) else { return Ok(None) };
    Ok(Some(TlsIdentity { certificate: read(certificate)?, key: read(key)? }))
}

/// A file as it is.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::io("read", path, &error))
}
