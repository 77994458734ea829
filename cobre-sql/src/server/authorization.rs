//! Who may ask.

use std::sync::Arc;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use tonic::Status;
use tonic::metadata::{MetadataMap, MetadataValue};

use super::Token;
use super::status::internal;

/// Some clients leave out the `=` at the end.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const AUTHORIZATION: &str = "authorization";

/// Lets those pass who know the token.
pub(crate) struct Authorization(pub(crate) Option<Arc<Token>>);

impl Authorization {
    /// Refuses a call without `authorization: Bearer TOKEN`.
    pub(crate) fn check(&self, headers: &MetadataMap) -> Result<(), Status> {
        let Some(token) = &self.0 else { return Ok(()) };
        match shown(headers, "bearer ") {
            Some(shown) if token.is(shown.as_bytes()) => Ok(()),
            Some(_) => Err(Status::unauthenticated("the token is not the one of this server")),
            None => {
                Err(Status::unauthenticated("a token is needed\nhint: send the header `authorization: Bearer TOKEN`"))
            }
        }
    }

    /// Answers a client that introduces itself: by a token, or by any name with the token as its password. Gives the
    /// header that it is to send from then on.
    pub(super) fn introduce(&self, headers: &MetadataMap) -> Result<MetadataMap, Status> {
        let secret = match &self.0 {
            None => "anybody",
            Some(token) => {
                match password(headers) {
                    Some(password) if token.is(&password) => {}
                    Some(_) => return Err(Status::unauthenticated("the password is not the token of this server")),
                    None => self.check(headers)?,
                }
                token.secret()
            }
        };
        let mut answer = MetadataMap::new();
        answer.insert(AUTHORIZATION, MetadataValue::try_from(format!("Bearer {secret}")).map_err(internal)?);
        Ok(answer)
    }
}

/// What follows the name of a scheme, in small letters, in the header.
fn shown<'a>(headers: &'a MetadataMap, scheme: &str) -> Option<&'a str> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (start, rest) = text.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

fn password(headers: &MetadataMap) -> Option<Vec<u8>> {
    let pair = BASE64.decode(shown(headers, "basic ")?).ok()?;
    let colon = pair.iter().position(|&byte| byte == b':')?;
    Some(pair[colon + 1..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef";

    fn headers(text: &str) -> MetadataMap {
        let mut headers = MetadataMap::new();
        headers.insert(AUTHORIZATION, text.parse().expect("a header"));
        headers
    }

    #[test]
    fn a_call_shows_the_token() {
        let guarded = Authorization(Some(Arc::new(Token::parse(SECRET).expect("a token"))));
        guarded.check(&headers(&format!("Bearer {SECRET}"))).expect("the token");
        guarded.check(&headers(&format!("bearer {SECRET}"))).expect("the token");
        for wrong in ["Bearer 0123456789abcdeg", "Bearer ", "Bearer", "Basic x", "", &format!("Bearer {SECRET}0")] {
            guarded.check(&headers(wrong)).expect_err(wrong);
        }
        guarded.check(&MetadataMap::new()).expect_err("nothing is shown");
        Authorization(None).check(&MetadataMap::new()).expect("everybody may ask");
    }

    #[test]
    fn a_password_becomes_a_bearer_token() {
        let guarded = Authorization(Some(Arc::new(Token::parse(SECRET).expect("a token"))));
        let basic = |pair: &str| headers(&format!("Basic {}", BASE64.encode(pair)));
        let answer = guarded.introduce(&basic(&format!("anna:{SECRET}"))).expect("welcome");
        guarded.check(&answer).expect("what it was given");
        let unpadded = BASE64.encode(format!("ann:{SECRET}")).replace('=', "");
        guarded.introduce(&headers(&format!("Basic {unpadded}"))).expect("welcome");
        guarded.introduce(&headers(&format!("Bearer {SECRET}"))).expect("a token will do");
        for wrong in ["anna:", "anna", "anna:anna", &format!("{SECRET}:")] {
            guarded.introduce(&basic(wrong)).expect_err(wrong);
        }
        guarded.introduce(&headers("Basic §")).expect_err("no base64");
        guarded.introduce(&MetadataMap::new()).expect_err("nothing is shown");
    }
}
