//! Bytes as people compare them.

/// Bytes in lower-case hexadecimal, two digits each, as `sha256sum` prints a hash.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |bits: u8| char::from_digit(u32::from(bits), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_has_two_digits() {
        assert_eq!(hexadecimal(&[0, 9, 10, 0xf0, 0xff]), "00090af0ff");
        assert_eq!(hexadecimal(&[]), "");
    }
}
