//! The name of an object's member, stored in place, so that reading it needs no allocation.

/// Bytes of a name that are kept; longer than any name that a reader asks for.
const CAPACITY: usize = 62;

/// The name of a member; only the start of a very long one.
#[derive(Clone, Copy)]
pub(super) struct Key {
    bytes: [u8; CAPACITY],
    length: u8,
}

impl Key {
    pub(super) const EMPTY: Self = Self { bytes: [0; CAPACITY], length: 0 };

    /// From the bytes of a name, already unescaped.
    pub(super) fn new(name: &[u8]) -> Self {
        let mut bytes = [0; CAPACITY];
        let kept = name.len().min(CAPACITY);
        bytes[..kept].copy_from_slice(&name[..kept]);
        Self::of_length(bytes, kept)
    }

    /// From the first `length` bytes of a slice. If more bytes follow, a fixed number is copied, which is several times
    /// faster than copying a small, varying number.
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

    /// The name. A very long one is cut at a character boundary. It also ends at bytes that are not UTF-8, because no
    /// known name has them.
    pub(super) fn as_str(&self) -> &str {
        let bytes = &self.bytes[..usize::from(self.length)];
        match std::str::from_utf8(bytes) {
            Ok(name) => name,
            Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
        }
    }
}
