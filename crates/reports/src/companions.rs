//! Files beside the reports of several tools that contain no load step. Those of a single tool are in its format's
//! file.

use crate::format::Companion;

/// Companion files whose tool is not known.
pub(crate) const COMMON: &[Companion] = &[Companion {
    recognises: |sniff| sniff.has("$defs") && sniff.has("properties"),
    what: "a JSON schema, which describes reports. Give a report",
}];
