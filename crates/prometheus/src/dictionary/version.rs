//! Versions of servers, and those that the dictionary was made from.

use std::fmt;

/// A version of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16, pub u16, pub u16);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The versions of vLLM whose source was examined for the dictionary. If a name appeared or disappeared between two of
/// them, the exact release is unknown.
pub const READ_VERSIONS: &[Version] = &[
    Version(0, 6, 6),
    Version(0, 7, 3),
    Version(0, 8, 5),
    Version(0, 9, 2),
    Version(0, 10, 0),
    Version(0, 10, 2),
    Version(0, 11, 0),
    Version(0, 11, 2),
    Version(0, 12, 0),
    Version(0, 13, 0),
    Version(0, 14, 1),
    Version(0, 16, 0),
    Version(0, 18, 1),
    Version(0, 20, 0),
    Version(0, 24, 0),
    Version(0, 28, 0),
    Version(0, 32, 0),
    Version(0, 33, 0),
];
