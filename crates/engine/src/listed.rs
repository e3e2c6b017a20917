//! What an iterator gives as a list, and a list as a text, in little WebAssembly.

/// The same as `collect`, which has the whole chain of the iterator twice, once for the first item and once for the others:
/// where items are filtered or mapped by more than a few words that is a tenth of the panel's WebAssembly.
pub fn listed<T>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut list = Vec::new();
    items.for_each(|item| list.push(item));
    list
}

/// The texts with `between` between them. The same as `join`, which WebAssembly would have with a loop of its own for each
/// length that a separator may have.
#[must_use]
pub fn joined<T: AsRef<str>>(texts: &[T], between: &str) -> String {
    let mut all = String::new();
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            all.push_str(between);
        }
        all.push_str(text.as_ref());
    }
    all
}
