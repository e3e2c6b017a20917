//! Per-request columns as compressed blocks.
//!
//! A block is the column's `f64` values in little-endian byte order, transposed into eight
//! planes (all first bytes, then all second bytes, …) and compressed with zstd. Values of one
//! column share sign, exponent and leading digits, so the planes compress where the
//! interleaved bytes do not. The frame carries zstd's own checksum, because SQLite has none.

use thiserror::Error;

/// zstd's own default: the next levels take three times as long and save about 2 % of the size on columns of latencies.
const LEVEL: i32 = 3;

/// Why a stored column could not be read back.
#[derive(Debug, Error)]
pub enum BlockError {
    /// zstd refused the bytes.
    #[error("a column of {rows} values does not decompress: {source}")]
    Compression {
        /// Number of values the column should have.
        rows: usize,
        /// The error of zstd.
        source: std::io::Error,
    },
    /// The block decompressed to a different number of values.
    #[error("a column holds {found} bytes where {rows} values of 8 bytes were expected")]
    Length {
        /// Number of values the column should have.
        rows: usize,
        /// Number of bytes that it decompressed to.
        found: usize,
    },
}

/// Compresses a column. Every bit is preserved, including those of `NaN` and `-0.0`.
///
/// # Errors
/// If zstd cannot allocate memory.
pub(super) fn encode(values: &[f64]) -> Result<Vec<u8>, BlockError> {
    let rows = values.len();
    let mut planes = vec![0_u8; rows * 8];
    for (row, value) in values.iter().enumerate() {
        for (plane, byte) in value.to_le_bytes().into_iter().enumerate() {
            planes[plane * rows + row] = byte;
        }
    }
    let failed = |source| BlockError::Compression { rows, source };
    let mut compressor = zstd::bulk::Compressor::new(LEVEL).map_err(failed)?;
    compressor.include_checksum(true).map_err(failed)?;
    compressor.compress(&planes).map_err(failed)
}

/// Reads back a column of `rows` values.
///
/// # Errors
/// If the bytes are not a block of `rows` values.
pub(super) fn decode(block: &[u8], rows: usize) -> Result<Vec<f64>, BlockError> {
    let planes = zstd::bulk::decompress(block, rows * 8).map_err(|source| BlockError::Compression { rows, source })?;
    if planes.len() != rows * 8 {
        return Err(BlockError::Length { rows, found: planes.len() });
    }
    Ok((0..rows).map(|row| f64::from_le_bytes(std::array::from_fn(|plane| planes[plane * rows + row]))).collect())
}

/// Plain little-endian values, for the handful of quantiles of a distribution, where a
/// compressed frame would be larger than its content.
#[must_use]
pub(super) fn plain(values: impl IntoIterator<Item = f64>) -> Vec<u8> {
    values.into_iter().flat_map(f64::to_le_bytes).collect()
}

/// Reads back the output of [`plain`].
///
/// # Errors
/// If the length is not a multiple of eight bytes.
pub(super) fn from_plain(bytes: &[u8]) -> Result<Vec<f64>, BlockError> {
    let (values, rest) = bytes.as_chunks::<8>();
    if rest.is_empty() {
        Ok(values.iter().map(|value| f64::from_le_bytes(*value)).collect())
    } else {
        Err(BlockError::Length { rows: values.len(), found: bytes.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64]) {
        let block = encode(values).unwrap();
        let back = decode(&block, values.len()).unwrap();
        assert_eq!(bits(values), bits(&back));
        assert_eq!(bits(values), bits(&from_plain(&plain(values.iter().copied())).unwrap()));
    }

    fn bits(values: &[f64]) -> Vec<u64> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    #[test]
    fn columns_come_back_bit_for_bit() {
        check(&[]);
        check(&[0.0]);
        check(&[-0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE / 2.0, f64::MAX]);
        check(&[f64::from_bits(0x7ff8_dead_beef_0001)]);
        let latencies: Vec<f64> = (0..10_000).map(|i| 100.0 + f64::from(i).sqrt() * 3.7).collect();
        check(&latencies);
    }

    #[test]
    fn latencies_take_less_room_than_they_are_long() {
        let latencies: Vec<f64> = (0..10_000).map(|i| 100.0 + f64::from(i % 97) * 0.25).collect();
        assert!(encode(&latencies).unwrap().len() < latencies.len() * 8 / 4);
    }

    #[test]
    fn damage_is_an_error_and_never_other_numbers() {
        let values: Vec<f64> = (0..1000).map(|i| 1.0 / f64::from(i + 1)).collect();
        let block = encode(&values).unwrap();
        for at in 0..block.len() {
            let mut damaged = block.clone();
            damaged[at] ^= 0x10;
            if let Ok(back) = decode(&damaged, values.len()) {
                assert_eq!(bits(&values), bits(&back), "byte {at}");
            }
        }
        assert!(decode(&block, values.len() - 1).is_err());
        assert!(decode(&block, values.len() + 1).is_err());
        assert!(decode(&block[..block.len() - 1], values.len()).is_err());
        assert!(from_plain(&[0; 9]).is_err());
    }
}
