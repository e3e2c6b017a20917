//! The name of an object's member, held in place so that reading one costs no allocation.

/// Bytes of a name that are kept. Longer than any name that a reader asks for.
const CAPACITY: usize = 62;

/// The name of a member; of a very long one, its beginning.
#[derive(Clone, Copy)]
pub(super) struct Key {
    bytes: [u8; CAPACITY],
    length: u8,
}

impl Key {
    pub(super) const EMPTY: Self = Self { bytes: [0; CAPACITY], length: 0 };

    /// Takes the bytes of a name, already unescaped.
    pub(super) fn new(name: &[u8]) -> Self {
        let mut bytes = [0; CAPACITY];
        let kept = name.len().min(CAPACITY);
        bytes[..kept].copy_from_slice(&name[..kept]);
        Self::of_length(bytes, kept)
    }

    /// Takes the first `length` bytes of a slice. Where more follow, all are copied at once,
    /// which is several times faster than a copy of so few bytes whose number varies.
    #[inline]
    pub(super) fn at_start(slice: &[u8], length: usize) -> Self {
        match slice.first_chunk::<CAPACITY>() {
            Some(bytes) => Self::of_length(*bytes, length.min(CAPACITY)),
            None => Self::new(&slice[..length]),
        }
    }

    #[inline]
    fn of_length(bytes: [u8; CAPACITY], length: usize) -> Self {
        // Callers pass at most CAPACITY, which is below 256.
        #[allow(clippy::cast_possible_truncation)]
        let length = length as u8;
        Self { bytes, length }
    }

    /// The name. A very long one ends where a whole character ends; bytes that are no UTF-8
    /// end it too, because no known name has them.
    pub(super) fn as_str(&self) -> &str {
        let bytes = &self.bytes[..usize::from(self.length)];
        match std::str::from_utf8(bytes) {
            Ok(name) => name,
            Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
        }
    }
}
