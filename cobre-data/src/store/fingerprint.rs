use sha2::{Digest, Sha256};

/// Size and checksum of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// Size of the content.
    pub bytes: u64,
    /// SHA-256 of the content, 64 hexadecimal digits in lower case.
    pub sha256: String,
}

impl Fingerprint {
    /// The fingerprint of `content`.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(content);
        hasher.finish()
    }
}

/// Makes a fingerprint of content that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Hasher {
    digest: Sha256,
    bytes: u64,
}

impl Hasher {
    pub(super) fn update(&mut self, piece: &[u8]) {
        self.digest.update(piece);
        self.bytes += piece.len() as u64;
    }

    pub(super) fn finish(self) -> Fingerprint {
        let digest = self.digest.finalize();
        let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Fingerprint {
            bytes: self.bytes,
            sha256: digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_the_fingerprint_of_the_whole() {
        let mut hasher = Hasher::default();
        hasher.update(b"ab");
        hasher.update(b"c");
        let whole = hasher.finish();
        assert_eq!(whole, Fingerprint::of(b"abc"));
        assert_eq!(whole.bytes, 3);
        // The first example of FIPS 180-4.
        assert_eq!(whole.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
