//! Files that stand beside the reports of more than one tool and hold no load step. Those of a
//! single tool are in its format's file.

use crate::format::Companion;

/// What is a companion whatever tool wrote the reports.
pub(crate) const COMMON: &[Companion] = &[Companion {
    recognises: |sniff| sniff.has("$defs") && sniff.has("properties"),
    what: "a JSON schema, which describes reports. Give a report",
}];
