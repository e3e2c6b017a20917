//! Limits how far a compressed file may expand: a few kilobytes that become terabytes would keep the reader busy for
//! days.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Bytes to which any file may expand, over all layers of compression. The largest reports have half of that, and
/// reading them takes seconds.
const ALWAYS: u64 = 1 << 30;

/// Beyond [`ALWAYS`], the allowed bytes for each byte of the file. Compression reduces reports to a tenth, and those
/// with the same text in every answer to a hundredth.
const RATIO: u64 = 200;

/// A reader that counts the bytes it returns, for [`Expanded`].
pub(crate) struct Counted<R> {
    reader: R,
    given: Rc<Cell<u64>>,
}

impl<R: Read> Counted<R> {
    /// Counts the bytes that are read from `reader`.
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, given: Rc::default() }
    }

    /// The number of bytes read so far; it is updated as more are read.
    pub(crate) fn given(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.given)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(into)?;
        self.given.set(self.given.get() + count as u64);
        Ok(count)
    }
}

/// The output of a decoder, as long as it is in proportion to the file.
pub(crate) struct Expanded<R> {
    decoder: R,
    given: Rc<Cell<u64>>,
    total: u64,
    always: u64,
}

impl<R: Read> Expanded<R> {
    /// Limits `decoder` by the bytes read of the file, `given`.
    pub(crate) fn new(decoder: R, given: Rc<Cell<u64>>) -> Self {
        Self { decoder, given, total: 0, always: ALWAYS }
    }
}

impl<R: Read> Read for Expanded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.decoder.read(into)?;
        self.total += count as u64;
        let given = self.given.get();
        if self.total > self.always.saturating_add(RATIO.saturating_mul(given)) {
            let message = format!(
                "expected a compressed report; found {given} bytes that expand to more than {} MiB, as no report does. \
                 Compress the report itself, once.",
                self.total >> 20
            );
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks how many of `expanded` bytes may be read if the file has `given` bytes.
    #[track_caller]
    fn check(given: u64, expanded: u64, expected: Result<u64, &str>) {
        let bounded = Expanded {
            decoder: io::repeat(b' ').take(expanded),
            given: Rc::new(Cell::new(given)),
            total: 0,
            always: 1000,
        };
        let read = io::copy(&mut io::BufReader::with_capacity(10, bounded), &mut io::sink());
        match expected {
            Ok(all) => assert_eq!(read.unwrap(), all),
            Err(part) => assert!(read.unwrap_err().to_string().contains(part)),
        }
    }

    #[test]
    fn a_layer_expands_in_proportion_to_the_file() {
        check(0, 1000, Ok(1000));
        check(0, 1001, Err("found 0 bytes that expand to more than"));
        check(5, 2000, Ok(2000));
        check(5, 2001, Err("Compress the report itself, once."));
    }

    #[test]
    fn what_is_read_is_counted() {
        let mut counted = Counted::new(&b"12345"[..]);
        let given = counted.given();
        let mut two = [0; 2];
        counted.read_exact(&mut two).unwrap();
        assert_eq!(given.get(), 2);
        io::copy(&mut counted, &mut io::sink()).unwrap();
        assert_eq!(given.get(), 5);
    }
}
