//! What travels between the data source's process, the front end and the panel, defined in one place.
//!
//! From the types and tables here come the TypeScript in `src/generated` and the tables of `docs/frames.md` and
//! `docs/settings.md`. They are checked in; a stale one fails a test of the backend, and
//! `UPDATE_EXPECT=1 cargo test -p headroom-backend --test backend generated` writes them anew.
//!
//! | what changes | where it is defined |
//! |---|---|
//! | a word out of a closed list (a state, a statistic, a metric, what `select` may be) | an enumeration that is a [`Word`](words::Word): the engine's own, or [`choices`] |
//! | a key of a query | [`query::KEYS`] |
//! | a query kind: what it takes, its frames with their columns, its alert form | a [`query::QuerySpec`] in the kind's own file in `backend/src/query`; the backend's registry lists them |
//! | a column of a frame | a [`frames::Column`] in the same file |
//! | what numbers are counted in, and how that is spelled | [`units::Unit`] |
//! | a frame or a column that the panel reads by name | [`frames::Drawn`], [`frames::Read`] |
//! | the path of a resource | [`resources::Resource`] |
//! | an object in a frame's `meta.custom`, in the answer of a resource or in what "Save & test" finds | a `struct` in [`run`], [`production`], [`resources`] or [`health`] |
//! | a key of the data source's settings; of an entry of `slos` or `deployments` | [`settings`]; [`facts`] |
//! | what the panel's TypeScript and its WebAssembly exchange: options, limits, questions, series, answers | [`panel`] |
//!
//! Words that the analysis itself uses (states, statistics, latencies) are defined in the engine; here they only get
//! their names in TypeScript. In TypeScript a word is a member of an object (`BreakingState.NeverMet`), so no code
//! there spells out its text.
//!
//! Nothing here computes, reads or writes. `generate` is a feature, so that neither the process nor the WebAssembly
//! contains the generator.

pub mod choices;
pub mod facts;
pub mod frames;
#[cfg(feature = "generate")]
pub mod generate;
pub mod health;
pub mod panel;
pub mod production;
pub mod query;
pub mod resources;
pub mod run;
pub mod settings;
pub mod units;
pub mod words;
