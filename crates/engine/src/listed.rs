//! Collecting an iterator into a list, and joining a list into a text, with little WebAssembly code.

/// Does the same as `collect`. But `collect` contains the code of the whole iterator chain twice, once for the first
/// item and once for the others; for chains that filter or map items of more than a few words that is a tenth of the
/// panel's WebAssembly.
pub fn listed<T>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut list = Vec::new();
    items.for_each(|item| list.push(item));
    list
}

/// The texts with `between` between them. Does the same as `join`, which in WebAssembly has a separate loop for each
/// length of separator.
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
