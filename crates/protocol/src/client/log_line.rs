//! A line of a plugin's log.

use log::Level;
use serde_json::{Map, Value};

/// One line that a plugin wrote to its standard error.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// Its level. A line that is not in go-plugin's form counts as `Debug`, as in Grafana.
    pub level: Level,
    /// Its message.
    pub message: String,
    /// Its other values; of go-plugin's own keys only `@module` is kept.
    pub values: Map<String, Value>,
}

impl LogLine {
    /// Reads a line.
    #[must_use]
    pub fn parse(line: &str) -> Self {
        let plain = || Self { level: Level::Debug, message: line.to_owned(), values: Map::new() };
        let Ok(Value::Object(mut values)) = serde_json::from_str(line) else { return plain() };
        let mut take = |key: &str| values.remove(key).and_then(|value| value.as_str().map(str::to_owned));
        let (Some(level), Some(message), Some(_)) =
            (take("@level").and_then(|level| level.parse().ok()), take("@message"), take("@timestamp"))
        else {
            return plain();
        };
        Self { level, message, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_go_plugin_and_others() {
        let line = LogLine::parse(r#"{"@level":"warn","@message":"m","@module":"x","@timestamp":"t","runs":3}"#);
        assert_eq!((line.level, line.message.as_str()), (Level::Warn, "m"));
        assert_eq!(Value::Object(line.values), serde_json::json!({"@module": "x", "runs": 3}));
        for text in ["plain words", r#"{"@level":"warn"}"#, "[1]", ""] {
            assert_eq!(
                LogLine::parse(text),
                LogLine { level: Level::Debug, message: text.to_owned(), values: Map::new() }
            );
        }
    }
}
