//! Values that were ignored while reading. They are reported once for each kind of place, not once for each of ten
//! thousand rows.

use crate::problem::{Code, Problem};

/// The most kinds of places that are distinguished; further ones are counted with the last.
const MAX_PLACES: usize = 32;

#[derive(Default)]
pub(super) struct Notes {
    places: Vec<Place>,
}

struct Place {
    code: Code,
    /// The first path.
    path: String,
    /// The path without its indices.
    pattern: String,
    message: String,
    more: u64,
}

impl Notes {
    /// Adds a value that was ignored.
    pub(super) fn add(&mut self, code: Code, path: String, message: impl FnOnce() -> String) {
        let pattern = without_indices(&path);
        if let Some(place) = self.places.iter_mut().find(|place| place.code == code && place.pattern == pattern) {
            place.more += 1;
        } else if self.places.len() < MAX_PLACES {
            self.places.push(Place { code, path, pattern, message: message(), more: 0 });
        } else if let Some(place) = self.places.last_mut() {
            place.more += 1;
        }
    }

    /// The notes as problems of a file, in the order of the document.
    pub(super) fn problems(self, source: &str) -> impl Iterator<Item = Problem> {
        self.places.into_iter().map(move |place| {
            let message = match place.more {
                0 => place.message,
                more => format!("{} The same holds for {more} more like it.", place.message),
            };
            Problem { source: source.to_owned(), code: place.code, path: Some(place.path), message }
        })
    }
}

/// `benchmarks[3].requests` becomes `benchmarks[].requests`.
fn without_indices(path: &str) -> String {
    let mut inside = false;
    path.chars()
        .filter(|&c| {
            inside = (inside || c == '[') && c != ']';
            !(inside && c.is_ascii_digit())
        })
        .collect()
}
