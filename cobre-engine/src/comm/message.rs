/// A message that breaks off, or holds what nobody writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message is not one that this program writes")]
pub struct Unreadable;

/// A message to other ranks: numbers and bytes one after the other, little endian. What was put is read again in the
/// same order, with a [`MessageReader`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// An empty message.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a number.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes.push(value);
        self
    }

    /// Puts a number.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// Puts a number.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// Puts a number, to the bit.
    pub fn f64(&mut self, value: f64) -> &mut Self {
        self.u64(value.to_bits())
    }

    /// Puts numbers, to the bit, with how many they are.
    pub fn f64s(&mut self, values: &[f64]) -> &mut Self {
        self.u64(values.len() as u64);
        self.bytes.reserve(8 * values.len());
        for value in values {
            self.f64(*value);
        }
        self
    }

    /// Puts bytes, with how many they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.u64(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Puts text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Puts all that another message holds.
    pub fn append(&mut self, other: &Self) -> &mut Self {
        self.bytes.extend_from_slice(&other.bytes);
        self
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads a [`Message`].
#[derive(Debug, Clone)]
pub struct MessageReader<'a> {
    rest: &'a [u8],
}

impl<'a> MessageReader<'a> {
    /// Reads from the begin of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether everything was read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What was not read yet.
    pub fn rest(self) -> &'a [u8] {
        self.rest
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        let (first, rest) = self.rest.split_first_chunk().ok_or(Unreadable)?;
        self.rest = rest;
        Ok(*first)
    }

    /// The next number.
    ///
    /// # Errors
    /// [`Unreadable`] when the message ends before.
    pub fn u8(&mut self) -> Result<u8, Unreadable> {
        self.take().map(u8::from_le_bytes)
    }

    /// The next number.
    ///
    /// # Errors
    /// [`Unreadable`] when the message ends before.
    pub fn u32(&mut self) -> Result<u32, Unreadable> {
        self.take().map(u32::from_le_bytes)
    }

    /// The next number.
    ///
    /// # Errors
    /// [`Unreadable`] when the message ends before.
    pub fn u64(&mut self) -> Result<u64, Unreadable> {
        self.take().map(u64::from_le_bytes)
    }

    /// The next number, as a position or a count.
    ///
    /// # Errors
    /// [`Unreadable`] when the message ends before, or it is none on this machine.
    pub fn usize(&mut self) -> Result<usize, Unreadable> {
        usize::try_from(self.u64()?).map_err(|_| Unreadable)
    }

    /// The next number, to the bit.
    ///
    /// # Errors
    /// [`Unreadable`] when the message ends before.
    pub fn f64(&mut self) -> Result<f64, Unreadable> {
        self.u64().map(f64::from_bits)
    }

    /// The next numbers, to the bit, into `values`, whose content is replaced.
    ///
    /// # Errors
    /// [`Unreadable`] when the message ends before.
    pub fn f64s(&mut self, values: &mut Vec<f64>) -> Result<(), Unreadable> {
        let n = self.usize()?;
        let bytes = n.checked_mul(8).filter(|&bytes| bytes <= self.rest.len()).ok_or(Unreadable)?;
        let (numbers, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        values.clear();
        values.extend(numbers.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)));
        Ok(())
    }

    /// The next bytes.
    ///
    /// # Errors
    /// [`Unreadable`] when the message ends before.
    pub fn bytes(&mut self) -> Result<&'a [u8], Unreadable> {
        let n = self.usize()?;
        let (bytes, rest) = self.rest.split_at_checked(n).ok_or(Unreadable)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// The next text.
    ///
    /// # Errors
    /// [`Unreadable`] when the message ends before, or it is no text.
    pub fn text(&mut self) -> Result<String, Unreadable> {
        String::from_utf8(self.bytes()?.to_vec()).map_err(|_| Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_read_again_to_the_bit() {
        let numbers = [0.1, -0.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE / 2.0];
        let mut message = Message::new();
        message.u8(7).u32(u32::MAX).f64s(&numbers).text("água").u64(u64::MAX).bytes(&[]).f64(-0.0);
        let bytes = message.into_bytes();
        let mut reader = MessageReader::new(&bytes);
        assert_eq!((reader.u8(), reader.u32()), (Ok(7), Ok(u32::MAX)));
        let mut read = vec![1.0];
        reader.f64s(&mut read).expect("numbers");
        assert_eq!(read.map_bits(), numbers.map_bits());
        assert_eq!(reader.text().as_deref(), Ok("água"));
        assert_eq!(reader.u64(), Ok(u64::MAX));
        assert_eq!(reader.bytes(), Ok(&[][..]));
        assert_eq!(reader.f64().map(f64::to_bits), Ok((-0.0f64).to_bits()));
        assert!(reader.is_empty());
    }

    #[test]
    fn a_message_that_breaks_off_is_an_error() {
        let mut message = Message::new();
        message.f64s(&[1.0, 2.0]).text("end");
        let bytes = message.into_bytes();
        for end in 0..bytes.len() {
            let mut reader = MessageReader::new(&bytes[..end]);
            let numbers = reader.f64s(&mut Vec::new());
            assert!(numbers.is_err() || reader.text().is_err(), "{end} bytes are enough");
        }
        // A length that is beyond all memory must not be believed.
        assert_eq!(MessageReader::new(&u64::MAX.to_le_bytes()).f64s(&mut Vec::new()), Err(Unreadable));
        assert_eq!(MessageReader::new(&u64::MAX.to_le_bytes()).bytes(), Err(Unreadable));
    }

    trait Bits {
        fn map_bits(&self) -> Vec<u64>;
    }

    impl<T: AsRef<[f64]>> Bits for T {
        fn map_bits(&self) -> Vec<u64> {
            self.as_ref().iter().map(|value| value.to_bits()).collect()
        }
    }
}
