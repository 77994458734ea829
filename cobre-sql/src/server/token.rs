use std::fmt;

use subtle::ConstantTimeEq;

use super::handles::Handle;
use crate::SqlError;

/// Characters that a token has at least.
const SHORTEST: usize = 16;

/// The secret that a client shows.
pub struct Token(String);

impl Token {
    /// A new one: 256 bits from the operating system.
    ///
    /// # Errors
    /// [`SqlError::Answer`] when the system has none to give.
    pub fn random() -> Result<Self, SqlError> {
        let half = || Handle::random().map_err(std::io::Error::other);
        Ok(Self(format!("{}{}", half()?, half()?)))
    }

    /// Takes a token that somebody has chosen; white space around it does not count.
    ///
    /// # Errors
    /// [`SqlError::Server`] when it is too short to be a secret, or cannot be sent in a header.
    pub fn parse(text: &str) -> Result<Self, SqlError> {
        let text = text.trim();
        let refused = |message: String| Err(SqlError::Server { message });
        if text.len() < SHORTEST {
            return refused(format!(
                "the token has {} characters; expected at least {SHORTEST}\nhint: openssl rand -hex 32",
                text.len()
            ));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return refused(
                "the token holds what is no visible ASCII character\nhint: openssl rand -hex 32".to_owned(),
            );
        }
        Ok(Self(text.to_owned()))
    }

    /// The secret itself.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Whether a client has shown this token; the time it takes tells nothing but the length.
    pub(super) fn is(&self, shown: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(shown).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_tokens_differ_and_can_be_sent() {
        let (one, other) = (Token::random().expect("bytes"), Token::random().expect("bytes"));
        assert_ne!(one.secret(), other.secret());
        assert_eq!(one.secret().len(), 64);
        assert_eq!(Token::parse(one.secret()).expect("a token").secret(), one.secret());
        assert!(one.is(one.secret().as_bytes()) && !one.is(other.secret().as_bytes()));
        assert!(!one.is(&one.secret().as_bytes()[..32]) && !one.is(b""));
        assert!(!format!("{one:?}").contains(one.secret()));
    }

    #[test]
    fn a_token_is_long_and_visible() {
        assert_eq!(Token::parse(" 0123456789abcdef\n").expect("trimmed").secret(), "0123456789abcdef");
        for text in ["", "short", "0123456789 abcdef", "0123456789abcdéf"] {
            Token::parse(text).expect_err(text);
        }
    }
}
