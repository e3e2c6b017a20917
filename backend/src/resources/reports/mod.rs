//! `reports`: takes reports into the store, whole or in parts.

mod body;
mod parts;
mod take;

use std::sync::Arc;

use headroom_base::tasks::{Panicked, blocking};
use headroom_contract::resources::{UploadOutcome, Uploaded, UploadedReport};
use headroom_protocol::{Context, ResourceRequest, ResourceResponse, User};
use headroom_reports::Reading;

use self::body::Given;
use self::take::{Taken, take};
use super::{error, of_query_error, ok, with_status};
use crate::instance::Instance;
use crate::library::Library;
use crate::turns::Turn;

/// HTTP's words for what becomes of a report.
mod status {
    pub(super) const OK: u16 = 200;
    pub(super) const CREATED: u16 = 201;
    pub(super) const BAD_REQUEST: u16 = 400;
    pub(super) const FORBIDDEN: u16 = 403;
    pub(super) const NOT_FOUND: u16 = 404;
    pub(super) const CONFLICT: u16 = 409;
    pub(super) const UNSUPPORTED: u16 = 415;
    /// It was understood, and is no report.
    pub(super) const UNPROCESSABLE: u16 = 422;
    /// Too many at once: try again in a moment.
    pub(super) const TOO_MANY: u16 = 429;
    pub(super) const FAILED: u16 = 500;
    /// No room is left in the store.
    pub(super) const FULL: u16 = 507;
}

/// Answers a request for `reports` and what is below it; `rest` are the segments behind.
pub(super) async fn answer(
    instance: &Arc<Instance>,
    context: &Context,
    request: &ResourceRequest,
    rest: &[&str],
) -> ResourceResponse {
    match (rest, request.method.as_str()) {
        ([], "POST") => upload(instance, context, request).await,
        ([], "GET" | "HEAD") => find(instance, request).await,
        ([], _) => not_allowed(&request.method, "GET, POST"),
        (["uploads", rest @ ..], _) => parts::answer(instance, context, request, rest).await,
        _ => error(
            status::NOT_FOUND,
            &format!("there is no resource `{}`; there are reports and reports/uploads", request.path),
        ),
    }
}

fn not_allowed(method: &str, allowed: &str) -> ResourceResponse {
    let mut response = error(405, &format!("expected {allowed}; found {method}"));
    response.headers.append("Allow", allowed);
    response
}

/// The library to write into, if this user may.
fn writable<'i>(instance: &'i Instance, context: &Context) -> Result<&'i Arc<Library>, ResourceResponse> {
    if !context.user.as_ref().is_some_and(User::can_edit) {
        return Err(error(
            status::FORBIDDEN,
            "only Editors and Admins, and service accounts with such a role, may upload reports",
        ));
    }
    let library = instance.library().map_err(|failure| of_query_error(&failure))?;
    if !instance.settings.allow_upload {
        return Err(error(
            status::FORBIDDEN,
            "uploading reports is off in this data source: an administrator turns it on in its settings (allowUpload)",
        ));
    }
    Ok(library)
}

/// The turn to write into the store, or that too many wait for one.
async fn turn(instance: &Instance) -> Result<Turn, ResourceResponse> {
    instance.turns.turn().await.ok_or_else(|| {
        let mut response =
            error(status::TOO_MANY, "several reports are being uploaded already: send this one again in a moment");
        response.headers.append("Retry-After", "2");
        response
    })
}

/// `POST reports`: one report as the body, or several in a form.
async fn upload(instance: &Arc<Instance>, context: &Context, request: &ResourceRequest) -> ResourceResponse {
    let library = match writable(instance, context) {
        Ok(library) => Arc::clone(library),
        Err(response) => return response,
    };
    let given = match body::given(request) {
        Ok(given) => given,
        Err((code, message)) => return error(code, &message),
    };
    let mut turn = match turn(instance).await {
        Ok(turn) => turn,
        Err(response) => return response,
    };
    // Work whose request was given up goes on to its end, and keeps its turn until then.
    let taken = blocking(move || {
        let taken = given.into_iter().map(|Given { name, bytes }| {
            let taken = take(&library, &mut turn, &name, bytes.as_ref());
            (name, taken)
        });
        Ok::<_, Panicked>(taken.collect())
    });
    match taken.await {
        Ok(taken) => uploaded(instance, taken).await,
        Err(panicked) => error(status::FAILED, &panicked.to_string()),
    }
}

/// `GET reports?content=…`: the report with this content, by its SHA-256 before compression, if the store has it.
async fn find(instance: &Arc<Instance>, request: &ResourceRequest) -> ResourceResponse {
    let pairs = request.query_pairs();
    let Some((_, content)) = pairs.into_iter().find(|(key, _)| key == "content") else {
        return error(
            status::BAD_REQUEST,
            "expected `?content=` with the SHA-256 of a report; POST takes reports, and `runs` lists what is there",
        );
    };
    let library = match instance.library() {
        Ok(library) => Arc::clone(library),
        Err(failure) => return of_query_error(&failure),
    };
    let found = blocking(move || {
        let known = take::known(&library, &content);
        // What it says is in the catalog, which knew it.
        Ok::<_, Panicked>(known.map(|path| (path.clone(), Taken::Known { path, reading: Reading::default() })))
    });
    match found.await {
        Ok(Some(found)) => uploaded(instance, vec![found]).await,
        Ok(None) => error(status::NOT_FOUND, "no report in the store has this content"),
        Err(panicked) => error(status::FAILED, &panicked.to_string()),
    }
}

/// The answer that says what became of each report. Lists the store, so that the runs are there when it arrives.
async fn uploaded(instance: &Arc<Instance>, taken: Vec<(String, Taken)>) -> ResourceResponse {
    let mut code = status::OK;
    let mut first: Option<(u16, String)> = None;
    for (_, taken) in &taken {
        match taken {
            Taken::Stored { .. } => code = status::CREATED,
            Taken::Known { .. } => {}
            Taken::Refused { status, message, .. } => {
                first.get_or_insert((*status, message.clone()));
            }
        }
    }
    let reports = match take::reports(instance, taken).await {
        Ok(reports) => reports,
        Err(failure) => return of_query_error(&failure),
    };
    for report in reports.iter().filter(|report| report.outcome == UploadOutcome::Stored) {
        log::info!(path = report.path.as_deref().unwrap_or_default(), runs = report.runs.len(); "took a report into the store");
    }
    match first {
        None => with_status(code, &Uploaded { reports, error: None, message: None }),
        Some((code, message)) => {
            let message = if reports.len() > 1 { format!("{}: {message}", refused(&reports)) } else { message };
            with_status(code, &Uploaded { reports, error: Some(message.clone()), message: Some(message) })
        }
    }
}

/// How many of several reports were refused.
fn refused(reports: &[UploadedReport]) -> String {
    let refused = reports.iter().filter(|report| report.outcome == UploadOutcome::Refused).count();
    format!("{refused} of {} reports were refused, the first because", reports.len())
}

/// The state of an upload in parts, as its answers have it.
fn progress(state: crate::store::UploadState) -> ResourceResponse {
    let missing = state.missing();
    let manifest = state.manifest;
    ok(&headroom_contract::resources::UploadInParts {
        id: state.id,
        parts: manifest.parts(),
        name: manifest.name,
        bytes: manifest.bytes,
        part_bytes: manifest.part_bytes,
        missing,
    })
}
