//! Files beside the reports of several tools that contain no load step. Those of a single tool are in its format's
//! file.

use crate::format::Companion;
use crate::server_evidence;

/// Companion files whose tool is not known, or may be any.
pub(crate) const COMMON: &[Companion] = &[
    Companion {
        recognises: |sniff| sniff.has("$defs") && sniff.has("properties"),
        what: "a JSON schema, which describes reports. Give a report",
    },
    server_evidence::COMPANION,
];
