//! The formats that are read. A new one is a module with a [`Format`] and a line in
//! [`FORMATS`].

use headroom_engine::run::Run;

use crate::input::Input;
use crate::problem::Problems;
use crate::sniff::Sniff;
use crate::{aiperf, guidellm, inference_perf, inferencex, llm_d, sglang, table, vllm_bench};

/// A file format: how it is recognised and how it is read.
pub(crate) struct Format {
    /// What people call it, with the versions that are read.
    pub(crate) name: &'static str,
    /// Whether a file is of this format, judged by its first window.
    pub(crate) recognises: fn(&Sniff<'_>) -> bool,
    /// Reads the file. The input stands at the first byte.
    pub(crate) read: fn(&mut Input<'_>, &mut Report<'_>),
}

/// What a reader fills. The identity of the runs and their `source` are added afterwards,
/// when all bytes are hashed.
pub(crate) struct Report<'s> {
    /// The name of the file that is shown to people.
    pub(crate) source: &'s str,
    /// The runs in it.
    pub(crate) runs: Vec<Run>,
    /// What is wrong with it.
    pub(crate) problems: Problems,
}

/// Every format, in the order in which they are asked.
pub(crate) const FORMATS: &[Format] = &[
    guidellm::FORMAT,
    vllm_bench::FORMAT,
    sglang::FORMAT,
    inference_perf::FORMAT,
    aiperf::PROFILE,
    aiperf::SWEEP,
    inferencex::FORMAT,
    llm_d::FORMAT,
    guidellm::YAML,
    guidellm::CSV,
    guidellm::HTML,
    table::CSV,
    table::YAML,
];
