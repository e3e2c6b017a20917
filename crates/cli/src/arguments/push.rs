//! `headroom push`: what it takes.

use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use headroom_prometheus::Secret;

use super::Format;
use super::common::{self, path_of, text_or_json_of};

/// The arguments of `headroom push`.
pub(crate) struct Push {
    /// The reports.
    pub(crate) files: Vec<PathBuf>,
    /// Grafana's address.
    pub(crate) to: String,
    /// The uid of the data source.
    pub(crate) data_source: String,
    /// The folder in the store.
    pub(crate) folder: Option<String>,
    /// The name in the store, of the only file.
    pub(crate) name: Option<String>,
    /// The most bytes of one request.
    pub(crate) part_bytes: u64,
    /// The file that holds the token.
    pub(crate) token_file: Option<PathBuf>,
    /// The token from the environment.
    pub(crate) token: Option<Secret>,
    /// The authorities to trust.
    pub(crate) ca: Option<PathBuf>,
    /// Whether any certificate is trusted.
    pub(crate) insecure: bool,
    /// How to answer.
    pub(crate) format: Format,
}

const ABOUT: &str = "\
Send reports to a Headroom data source in Grafana, and print the verdicts

Each report is read here first, so that what is none is not sent. It is compressed; where it is long it is sent in parts, and a \
push that was killed goes on with the parts that are there. The same report is stored once, however often it is sent, and no \
report is ever overwritten.";

const EXAMPLES: &str = "\
Examples:
  headroom push results/benchmarks.json --to https://grafana.example.org --data-source headroom --folder \"$(date +%F)\"
      One report, into a folder of its day.
  headroom push stage_*.json config.yaml --to \"$GRAFANA_URL\" --data-source headroom --folder \"$JOB\" --format json
      The steps of a sweep with what completes them; the answer for programs.

The token is taken from the environment variable HEADROOM_TOKEN or from --token-file: that of a service account with the role \
Editor. The data source's settings must allow uploads (allowUpload).

Exit status: 0 when every report is in the store, 1 when one of them is damaged and was read in part, 2 when one was refused \
or could not be sent.";

/// The bytes of a request, in MiB: twice as many would not pass Grafana.
const PART_SIZE: &str = "8";
/// The least and the most.
const PART_SIZES: std::ops::RangeInclusive<f64> = 0.25..=15.0;

/// The definition of the command.
pub(super) fn definition() -> Command {
    Command::new("push")
        .about("Send reports to a Headroom data source in Grafana, and print the verdicts")
        .long_about(ABOUT)
        .after_long_help(EXAMPLES)
        .arg(common::path("files", "FILE").help("Reports").num_args(1..).required(true).value_hint(ValueHint::FilePath))
        .arg(
            Arg::new("to")
                .long("to")
                .value_name("URL")
                .required(true)
                .value_parser(ValueParser::new(address))
                .help("Grafana's address, such as https://grafana.example.org"),
        )
        .arg(
            Arg::new("data-source")
                .long("data-source")
                .value_name("UID")
                .required(true)
                .value_parser(ValueParser::new(uid))
                .help("The data source's uid: the last part of the address of its settings page"),
        )
        .arg(Arg::new("folder").long("folder").value_name("PATH").help("The folder in the store; its root without it"))
        .arg(
            Arg::new("name")
                .long("name")
                .value_name("NAME")
                .help("The name of the report in the store; its file's name without it"),
        )
        .arg(
            Arg::new("part-size")
                .long("part-size")
                .value_name("MIB")
                .default_value(PART_SIZE)
                .value_parser(ValueParser::new(part_bytes))
                .help("The most MiB of one request, 0.25 to 15; less where a proxy allows less"),
        )
        .arg(
            common::path("token-file", "FILE")
                .long("token-file")
                .help("The file that holds the token")
                .value_hint(ValueHint::FilePath),
        )
        .arg(
            common::path("ca", "PEM")
                .long("ca")
                .help("The authorities to trust instead of the system's")
                .value_hint(ValueHint::FilePath),
        )
        .arg(
            Arg::new("insecure")
                .long("insecure")
                .action(ArgAction::SetTrue)
                .help("Trust any certificate of the server"),
        )
        .arg(common::text_or_json())
}

/// The request that the parsed arguments make.
pub(super) fn request(given: &ArgMatches) -> Push {
    let text = |id: &str| given.get_one::<String>(id).cloned();
    Push {
        files: given.get_many("files").into_iter().flatten().cloned().collect(),
        to: text("to").unwrap_or_default(),
        data_source: text("data-source").unwrap_or_default(),
        folder: text("folder")
            .map(|folder| folder.trim_end_matches('/').to_owned())
            .filter(|folder| !folder.is_empty()),
        name: text("name"),
        part_bytes: given.get_one("part-size").copied().unwrap_or(8 << 20),
        token_file: path_of(given, "token-file"),
        token: std::env::var("HEADROOM_TOKEN").ok().filter(|token| !token.trim().is_empty()).map(Secret::new),
        ca: path_of(given, "ca"),
        insecure: given.get_flag("insecure"),
        format: text_or_json_of(given),
    }
}

fn address(text: &str) -> Result<String, String> {
    let text = text.trim().trim_end_matches('/');
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    match host {
        Some(host) if host.contains('@') => {
            Err("expected an address without a user or a password: give a token in HEADROOM_TOKEN".to_owned())
        }
        Some(host) if !host.is_empty() && !host.contains(['?', '#']) => Ok(text.to_owned()),
        _ => Err(format!("expected Grafana's address, such as https://grafana.example.org; found `{text}`")),
    }
}

/// Grafana's uids are of these characters; nothing else has to be escaped in a path.
fn uid(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !text.is_empty() && text.bytes().all(fits) {
        Ok(text.to_owned())
    } else {
        Err("expected a uid of letters, digits, - and _, as the address of the data source's settings page has it"
            .to_owned())
    }
}

fn part_bytes(text: &str) -> Result<u64, String> {
    const KIB: f64 = 1024.0;
    match text.trim().parse::<f64>() {
        // A number of KiB that is far below 2^53.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 256 and 15,360")]
        Ok(mib) if PART_SIZES.contains(&mib) => Ok(((mib * KIB) as u64) << 10),
        _ => Err(format!("expected from {} to {} MiB; found `{text}`", PART_SIZES.start(), PART_SIZES.end())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_uids_and_sizes_are_checked() {
        for (text, expected) in [
            ("https://grafana.example.org/", Some("https://grafana.example.org")),
            ("http://127.0.0.1:3000/grafana", Some("http://127.0.0.1:3000/grafana")),
            ("grafana", None),
            ("https://", None),
            ("https://a:MARKER@b", None),
            ("https://a?x=1", None),
        ] {
            assert_eq!(address(text).ok().as_deref(), expected, "{text}");
        }
        assert!(!address("https://a:MARKER@b").unwrap_err().contains("MARKER"));
        assert!(uid("headroom-1_A").is_ok() && uid("a/b").is_err() && uid("").is_err());
        assert_eq!((part_bytes("8"), part_bytes("0.25")), (Ok(8 << 20), Ok(256 << 10)));
        assert!(part_bytes("16").is_err() && part_bytes("0.1").is_err() && part_bytes("x").is_err());
    }
}
