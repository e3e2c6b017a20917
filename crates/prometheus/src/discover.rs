//! Finds what a server has of the dictionary.

use crate::{
    answer::{Answer, add_remark},
    client::{Client, Window},
    dictionary::{DISCOVERY_PATTERN, Resolved, Selector, resolve},
    error::Error,
};

impl Client {
    /// What the server has of the dictionary in that time, for the series of a selector, or for all if the selector is
    /// empty. It takes two light requests; keep the answer for some minutes.
    ///
    /// The selector is sent unchanged, so its labels must have the server's names.
    ///
    /// # Errors
    /// If there is no answer, or the selector is refused.
    pub async fn discover(&self, selector: &Selector, window: Option<Window>) -> Result<Answer<Resolved>, Error> {
        let text = if selector.matchers().is_empty() { DISCOVERY_PATTERN.to_owned() } else { selector.to_string() };
        let names = self.label_values("__name__", &[&text], window).await?;
        let labels = self.labels(&[&text], window).await?;
        let mut remarks = names.remarks;
        for remark in labels.remarks {
            add_remark(&mut remarks, remark.severity, remark.text);
        }
        let resolved = resolve(names.data.iter().map(String::as_str), labels.data.iter().map(String::as_str));
        Ok(Answer { data: resolved, remarks, held: names.held })
    }
}
