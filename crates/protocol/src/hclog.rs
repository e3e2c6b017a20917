//! The log, in the form that go-plugin hosts read from a plugin's standard error: one JSON object per line.

use std::{io::Write as _, sync::Once, time::SystemTime};

use headroom_base::calendar;
use log::{
    Level, LevelFilter, Log, Metadata, Record,
    kv::{Key, Value as KvValue, VisitSource},
};
use serde_json::{Map, Value};

/// Grafana sets this from `log_level` under `[plugin.<id>]` in grafana.ini.
const LEVEL_VARIABLE: &str = "GF_PLUGIN_LOG_LEVEL";

/// Prefix of the names of Headroom's crates.
const OUR_CRATES: &str = "headroom";

/// The longest line in bytes. A host reads lines of up to 64 KiB and does not parse longer ones.
const LONGEST_LINE: usize = 60 * 1024;
const LONGEST_MESSAGE: usize = 32 * 1024;
const LONGEST_VALUE: usize = 8 * 1024;

/// Sends `log`'s records and panics to standard error under the name `module`. Only the first call has an effect.
///
/// The level comes from `GF_PLUGIN_LOG_LEVEL` (`trace`, `debug`, `info`, `warn`, `error`, `off`) and is `debug` without it: Grafana
/// filters by its own level, so users raise it in one place.
pub fn init(module: &'static str) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let level = level_from(std::env::var(LEVEL_VARIABLE).ok().as_deref());
        let logger = Box::new(Logger { module, level });
        // An error means that the program has its own logger, which is then used.
        if log::set_boxed_logger(logger).is_ok() {
            log::set_max_level(level);
        }
        std::panic::set_hook(Box::new(move |panic| {
            let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
            let location = panic.location().map_or_else(String::new, ToString::to_string);
            let message = panic.payload_as_str().unwrap_or("(no message)");
            let values = [("location", Value::from(location)), ("thread", Value::from(thread))];
            print(&line(
                Level::Error,
                module,
                &format!("panic: {message}"),
                values.map(|(key, value)| (key.to_owned(), value)),
            ));
        }));
    });
}

fn level_from(name: Option<&str>) -> LevelFilter {
    name.and_then(|name| name.trim().parse().ok()).unwrap_or(LevelFilter::Debug)
}

struct Logger {
    module: &'static str,
    level: LevelFilter,
}

impl Log for Logger {
    /// At their finest levels, libraries log whole messages with their headers, which contain credentials. So only
    /// records of our own crates and of the plugin are logged at those levels.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let ours = [OUR_CRATES, self.module].iter().any(|prefix| metadata.target().starts_with(prefix));
        let finest = if ours { LevelFilter::Trace } else { LevelFilter::Info };
        metadata.level() <= self.level.min(finest)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let mut values = Values(vec![("target".to_owned(), Value::from(record.target()))]);
        // This cannot fail: `Values` never returns an error.
        if record.key_values().visit(&mut values).is_ok() {
            print(&line(record.level(), self.module, &record.args().to_string(), values.0));
        }
    }

    fn flush(&self) {}
}

struct Values(Vec<(String, Value)>);

impl<'kvs> VisitSource<'kvs> for Values {
    fn visit_pair(&mut self, key: Key<'kvs>, value: KvValue<'kvs>) -> Result<(), log::kv::Error> {
        let json = value
            .to_bool()
            .map(Value::from)
            .or_else(|| value.to_i64().map(Value::from))
            .or_else(|| value.to_u64().map(Value::from))
            .or_else(|| value.to_f64().map(Value::from))
            .unwrap_or_else(|| Value::from(value.to_string()));
        self.0.push((key.to_string(), json));
        Ok(())
    }
}

/// Writes a line in one call, so that lines of several threads do not mix. A host that no longer reads is not an error.
fn print(line: &str) {
    let mut stderr = std::io::stderr().lock();
    if stderr.write_all(line.as_bytes()).is_ok() {
        stderr.flush().unwrap_or_default();
    }
}

fn line(level: Level, module: &str, message: &str, values: impl IntoIterator<Item = (String, Value)>) -> String {
    let mut object = Map::new();
    object.insert("@level".to_owned(), level.as_str().to_ascii_lowercase().into());
    object.insert("@message".to_owned(), clipped(message, LONGEST_MESSAGE).into());
    object.insert("@module".to_owned(), module.into());
    object.insert("@timestamp".to_owned(), calendar::rfc3339_micros(SystemTime::now()).into());
    let mut length = Value::Object(object.clone()).to_string().len();
    for (key, value) in values {
        let value = match value {
            Value::String(text) => Value::from(clipped(&text, LONGEST_VALUE)),
            other => other,
        };
        let key = clipped(&key, LONGEST_VALUE);
        let added = Value::from(key.as_str()).to_string().len() + value.to_string().len() + 2;
        if length + added <= LONGEST_LINE {
            length += added;
            object.insert(key, value);
        }
    }
    let mut line = Value::Object(object).to_string();
    line.push('\n');
    line
}

/// As much of the text as takes at most `most` bytes in JSON, with an ellipsis if it was cut.
fn clipped(text: &str, most: usize) -> String {
    let mut length = 0;
    for (at, char) in text.char_indices() {
        length += match char {
            '"' | '\\' | '\n' | '\r' | '\t' => 2,
            char if char.is_ascii_control() => 6,
            char => char.len_utf8(),
        };
        if length > most {
            return format!("{}…", &text[..at]);
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_json_object() {
        let text = line(Level::Warn, "headroom", "two\nlines \"quoted\"", [("runs".to_owned(), Value::from(3))]);
        assert_eq!(text.matches('\n').count(), 1);
        let object: Map<String, Value> = serde_json::from_str(&text).expect("a JSON object");
        assert_eq!(object["@level"], "warn");
        assert_eq!(object["@message"], "two\nlines \"quoted\"");
        assert_eq!(object["@module"], "headroom");
        assert_eq!(object["runs"], 3);
        assert!(object["@timestamp"].as_str().is_some_and(|time| time.ends_with('Z')));
    }

    #[test]
    fn no_line_is_too_long_for_the_host() {
        for text in ["\u{1}".repeat(1 << 20), "é".repeat(1 << 20), "\"".repeat(1 << 20)] {
            let values = (0..100).map(|n| (format!("{n}{text}"), Value::from(text.clone())));
            let written = line(Level::Error, "headroom", &text, values);
            assert!(written.len() < 64 * 1024, "{}", written.len());
            serde_json::from_str::<Value>(&written).expect("valid JSON");
        }
    }

    #[test]
    fn levels_have_names() {
        for (name, expected) in [
            (None, LevelFilter::Debug),
            (Some("nonsense"), LevelFilter::Debug),
            (Some("trace"), LevelFilter::Trace),
            (Some(" Warn "), LevelFilter::Warn),
            (Some("off"), LevelFilter::Off),
        ] {
            assert_eq!(level_from(name), expected, "{name:?}");
        }
    }

    #[test]
    fn libraries_stay_quiet_at_the_fine_levels() {
        let logger = Logger { module: "headroom", level: LevelFilter::Trace };
        for (target, level, enabled) in [
            ("headroom_backend::store", Level::Trace, true),
            ("h2::codec", Level::Trace, false),
            ("h2::codec", Level::Debug, false),
            ("hyper", Level::Info, true),
        ] {
            assert_eq!(
                logger.enabled(&Metadata::builder().target(target).level(level).build()),
                enabled,
                "{target} {level}"
            );
        }
    }
}
