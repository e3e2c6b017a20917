//! Takes a report into the store: reads it, looks whether it is there, writes it, and says what it means.

use std::io::{self, Read as _};
use std::sync::Arc;

use headroom_contract::resources::{UploadOutcome, UploadedReport, UploadedRun};
use headroom_engine::run::Run;
use headroom_engine::slo::Slo;
use headroom_engine::verdict::{Verdict, assess};
use headroom_protocol::QueryError;
use headroom_reports::{Problem, Reading, completes_others, compression_of};

use super::status;
use crate::catalog::{FileMark, Header};
use crate::instance::Instance;
use crate::library::{Library, Snapshot};
use crate::query::{self, computing};
use crate::resources::{problem, problems};
use crate::store::{Content, Outcome, Put, PutError, ReportPath, file_problem};
use crate::turns::Turn;

/// What became of a report.
pub(super) enum Taken {
    /// It is in the store now.
    Stored { path: String, reading: Reading },
    /// The same content was there before, at this path.
    Known { path: String, reading: Reading },
    /// It was not taken, with HTTP's status for it.
    Refused { status: u16, message: String, problems: Vec<Problem> },
}

impl Taken {
    fn refused(status: u16, message: impl Into<String>) -> Self {
        Self::Refused { status, message: message.into(), problems: Vec::new() }
    }

    /// Whether the same report may be taken a moment later.
    pub(super) fn may_be_retried(&self) -> bool {
        matches!(self, Self::Refused { status: status::FAILED | status::FULL | status::FORBIDDEN, .. })
    }
}

/// Why a compressed file that completes reports is refused.
const COMPANION: &str = "it completes the reports beside it, and is read as it is: send it without compression";

/// Takes a report under a path. Blocks on the disk.
pub(super) fn take(library: &Library, turn: &mut Turn, name: &str, content: &(impl Content + ?Sized)) -> Taken {
    let path = match ReportPath::parse(name) {
        Ok(path) => path,
        Err(message) => return Taken::refused(status::BAD_REQUEST, message),
    };
    let failed = |error: &io::Error| Taken::refused(status::FAILED, format!("{name} cannot be read: {error}"));
    let mut magic = Vec::new();
    if let Err(error) = content.open().and_then(|from| from.take(4).read_to_end(&mut magic)) {
        return failed(&error);
    }
    let packing = compression_of(&magic).map(|compression| if compression == "gzip" { "gz" } else { "zst" });
    let path = path.packed(packing);
    let shown = path.to_string();
    let reading = match content.open() {
        Ok(from) => headroom_reports::read(&shown, from),
        Err(error) => return failed(&error),
    };
    let hash = reading.runs.first().map(|run| run.provenance.content_hash.clone());
    if hash.is_none() {
        if !completes_others(path.clone().packed(None).name()) {
            let message = match reading.problems.first() {
                Some(problem) => problem.to_string(),
                None => format!("{shown}: expected a benchmark report; found no load step in it"),
            };
            return Taken::Refused { status: status::UNPROCESSABLE, message, problems: reading.problems };
        }
        if packing.is_some() {
            return Taken::refused(status::UNPROCESSABLE, format!("{shown}: {COMPANION}"));
        }
    }
    if let Some(hash) = &hash {
        let lately = turn.remembered(hash).find(|mark| is_as_listed(library, mark)).map(|mark| mark.path.clone());
        if let Some(path) = lately.or_else(|| known(library, hash)) {
            return Taken::Known { path, reading };
        }
    }
    match library.store().put(&path, content) {
        Ok(Put::Stored) => {
            if let Some((hash, mark)) = hash.zip(library.store().mark(&shown)) {
                turn.remember(hash, mark);
            }
            Taken::Stored { path: shown, reading }
        }
        Ok(Put::WasThere) => Taken::Known { path: shown, reading },
        // The same report may be there in another form: compressed or not.
        Err(PutError::Taken(there)) if hash.is_some() && hash_of(library, &there) == hash => {
            Taken::Known { path: there, reading }
        }
        Err(error) => Taken::refused(status_of(&error), error.to_string()),
    }
}

/// HTTP's status for a report that cannot be written.
pub(super) fn status_of(error: &PutError) -> u16 {
    match error {
        PutError::Taken(_) | PutError::Blocked { .. } | PutError::Missing(_) => status::CONFLICT,
        PutError::ReadOnly(_) | PutError::NoFolder(_) => status::FORBIDDEN,
        PutError::Full(_) => status::FULL,
        PutError::Other { .. } => status::FAILED,
    }
}

/// The path of a report with this content, if it is in the store at this moment. A catalog that cannot be asked knows
/// none: the store then says what is there.
pub(super) fn known(library: &Library, hash: &str) -> Option<String> {
    let marks = library.catalog().with_content(hash).unwrap_or_default();
    // The catalog is as old as the last listing, and the file may be gone or changed since.
    marks.into_iter().find(|mark| is_as_listed(library, mark)).map(|mark| mark.path)
}

fn is_as_listed(library: &Library, mark: &FileMark) -> bool {
    library.store().is_as_listed(mark)
}

/// The content hash of the report at a path, read again.
fn hash_of(library: &Library, path: &str) -> Option<String> {
    match library.store().read(&library.store().mark(path)?) {
        Outcome::Read(reading) => reading.content_hash,
        Outcome::Changing | Outcome::Undelivered(_) => None,
    }
}

/// What the answer says of each report. Where one was stored the store is listed first, so that the runs are judged as
/// every query judges them: completed by what stands beside them, and as one run where they are steps of a sweep.
///
/// # Errors
/// If the work panics.
pub(super) async fn reports(
    instance: &Arc<Instance>,
    taken: Vec<(String, Taken)>,
) -> Result<Vec<UploadedReport>, QueryError> {
    let stored = taken.iter().any(|(_, taken)| matches!(taken, Taken::Stored { .. }));
    let fresh = if stored { instance.refresh_now().await } else { instance.fresh().await };
    // A store that cannot be listed now has the report all the same.
    let fresh = fresh.ok();
    let instance = Arc::clone(instance);
    computing(move || {
        let snapshot = fresh.map(|fresh| fresh.snapshot);
        let described = taken.into_iter().map(|(name, taken)| describe(&instance, snapshot.as_deref(), name, taken));
        Ok(described.collect())
    })
    .await
}

fn describe(instance: &Instance, snapshot: Option<&Snapshot>, name: String, taken: Taken) -> UploadedReport {
    let (outcome, path, message, reading) = match taken {
        Taken::Stored { path, reading } => (UploadOutcome::Stored, Some(path), None, reading),
        Taken::Known { path, reading } => (UploadOutcome::Known, Some(path), None, reading),
        Taken::Refused { message, problems, .. } => {
            (UploadOutcome::Refused, None, Some(message), Reading { runs: Vec::new(), problems })
        }
    };
    let listed = path.as_deref().map_or_else(Vec::new, |path| listed(snapshot, path));
    let source = path.as_deref().unwrap_or(&name);
    let problems = if let (Some(snapshot), Some(header)) = (snapshot, listed.first()) {
        problems(snapshot, Some(header))
    } else {
        let first = reading.runs.first().map(|run| run.id.clone());
        reading.problems.into_iter().map(|found| problem(source, &file_problem(found), first.clone())).collect()
    };
    let runs = if path.is_some() { runs(instance, snapshot, &listed, reading.runs) } else { Vec::new() };
    UploadedReport { name, outcome, path, message, runs, problems }
}

/// The runs that the library has of a file.
fn listed<'s>(snapshot: Option<&'s Snapshot>, path: &str) -> Vec<&'s Header> {
    let headers = snapshot.map(|snapshot| snapshot.headers.iter()).into_iter().flatten();
    headers.filter(|header| header.files().any(|file| file == path)).collect()
}

/// The runs of a file, judged: as the library has them, or, where it has not read the file yet, as the report says.
fn runs(instance: &Instance, snapshot: Option<&Snapshot>, listed: &[&Header], read: Vec<Run>) -> Vec<UploadedRun> {
    let slo = instance.settings.slos.default().ok();
    let named = listed.iter().map(|header| (*header, header.run.deployment_label().to_owned())).collect();
    if let Some(slo) = slo
        && let Ok((judged, _)) = query::judge(instance, named, slo)
        && !judged.is_empty()
    {
        return judged.iter().map(|judged| uploaded(&judged.run, Some((slo, &judged.verdict)))).collect();
    }
    let facts = snapshot.map_or(&instance.settings.deployments, Snapshot::facts);
    read.into_iter()
        .map(|mut run| {
            facts.apply(&mut run);
            match slo {
                Some(slo) => uploaded(&run, Some((slo, &assess(&run, slo)))),
                None => uploaded(&run, None),
            }
        })
        .collect()
}

fn uploaded(run: &Run, judged: Option<(&Slo, &Verdict)>) -> UploadedRun {
    UploadedRun {
        run: query::json::run(run, run.deployment_label()),
        slo: judged.map(|(slo, _)| query::json::slo(slo)),
        verdict: judged.map(|(_, verdict)| query::json::verdict(verdict, run.load_model.unit())),
    }
}
