//! What an error says about its causes.

/// The causes of an error in one line. The error itself is left out, because it may contain an address with a query.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&words);
        }
        cause = error.source();
    }
    if text.is_empty() { "no cause is known".to_owned() } else { text }
}
