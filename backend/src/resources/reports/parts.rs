//! `reports/uploads`: a report that is too long for one request comes in parts.

use std::sync::Arc;

use headroom_base::tasks::{Panicked, blocking};
use headroom_protocol::{Context, ResourceRequest, ResourceResponse};

use super::take::{self, take};
use super::{not_allowed, progress, status, turn, uploaded, writable};
use crate::instance::Instance;
use crate::library::Library;
use crate::resources::{error, ok};
use crate::store::{Manifest, UploadError};

/// Answers a request for `reports/uploads` and what is below it; `rest` are the segments behind.
pub(super) async fn answer(
    instance: &Arc<Instance>,
    context: &Context,
    request: &ResourceRequest,
    rest: &[&str],
) -> ResourceResponse {
    let library = match writable(instance, context) {
        Ok(library) => Arc::clone(library),
        Err(response) => return response,
    };
    let method = request.method.as_str();
    match (rest, method) {
        ([], "POST") => begin(instance, library, request).await,
        ([id], "GET" | "HEAD") => {
            let id = (*id).to_owned();
            answered(move || library.store().upload(&id).map(progress)).await
        }
        ([id], "DELETE") => {
            let id = (*id).to_owned();
            answered(move || library.store().drop_upload(&id).map(|()| ok(&serde_json::json!({})))).await
        }
        ([_], _) => not_allowed(method, "GET, DELETE"),
        ([id, "commit"], "POST") => commit(instance, library, (*id).to_owned()).await,
        ([] | [_, "commit"], _) => not_allowed(method, "POST"),
        ([id, number], "PUT") => put(instance, library, request, (*id).to_owned(), number).await,
        ([_, _], _) => not_allowed(method, "PUT"),
        _ => error(
            status::NOT_FOUND,
            &format!(
                "there is no resource `{}`; there are reports/uploads/<id>, …/<number> and …/commit",
                request.path
            ),
        ),
    }
}

/// Does what blocks on the disk.
async fn answered(work: impl FnOnce() -> Result<ResourceResponse, UploadError> + Send + 'static) -> ResourceResponse {
    let done = blocking(move || Ok::<_, Panicked>(work())).await;
    match done {
        Ok(Ok(response)) => response,
        Ok(Err(failure)) => of_failure(&failure),
        Err(panicked) => error(status::FAILED, &panicked.to_string()),
    }
}

fn of_failure(failure: &UploadError) -> ResourceResponse {
    let code = match failure {
        UploadError::Unknown(_) => status::NOT_FOUND,
        UploadError::TooMany => status::TOO_MANY,
        UploadError::Wrong(_) => status::BAD_REQUEST,
        UploadError::Incomplete(_) => status::CONFLICT,
        UploadError::Changed { .. } => status::UNPROCESSABLE,
        UploadError::Store(error) => take::status_of(error),
    };
    error(code, &failure.to_string())
}

/// `POST reports/uploads`: says what is to come, and is told which parts are there already.
async fn begin(instance: &Instance, library: Arc<Library>, request: &ResourceRequest) -> ResourceResponse {
    let manifest: Manifest = match serde_json::from_slice(&request.body) {
        Ok(manifest) => manifest,
        Err(problem) => {
            return error(
                status::BAD_REQUEST,
                &format!("expected {{\"name\": …, \"bytes\": …, \"sha256\": …}}; found something else: {problem}"),
            );
        }
    };
    if let Err(message) = manifest.check() {
        return error(status::BAD_REQUEST, &message);
    }
    let turn = match turn(instance).await {
        Ok(turn) => turn,
        Err(response) => return response,
    };
    answered(move || {
        let _turn = turn;
        library.store().begin_upload(&manifest).map(progress)
    })
    .await
}

/// `PUT reports/uploads/<id>/<number>?sha256=…`: a part.
async fn put(
    instance: &Instance,
    library: Arc<Library>,
    request: &ResourceRequest,
    id: String,
    number: &str,
) -> ResourceResponse {
    let Ok(number) = number.parse::<u64>() else {
        return error(status::BAD_REQUEST, "expected the number of a part, counted from 1");
    };
    let sha256 = request.query_pairs().into_iter().find(|(key, _)| key == "sha256").map(|(_, value)| value);
    let Some(sha256) = sha256 else {
        return error(status::BAD_REQUEST, "expected `?sha256=` with the SHA-256 of the part, as sha256sum prints it");
    };
    let turn = match turn(instance).await {
        Ok(turn) => turn,
        Err(response) => return response,
    };
    let bytes = request.body.clone();
    answered(move || {
        let _turn = turn;
        library.store().put_part(&id, number, &sha256, &bytes).map(|()| ok(&serde_json::json!({})))
    })
    .await
}

/// `POST reports/uploads/<id>/commit`: takes the report that the parts are together.
async fn commit(instance: &Arc<Instance>, library: Arc<Library>, id: String) -> ResourceResponse {
    let mut turn = match turn(instance).await {
        Ok(turn) => turn,
        Err(response) => return response,
    };
    let taken = blocking(move || {
        let store = library.store();
        let taken = store.parts(&id).map(|(manifest, parts)| {
            let taken = take(&library, &mut turn, &manifest.name, &parts);
            (manifest.name, taken)
        });
        // Whatever became of it, the parts are of no further use: what is stored is in its place, and what is no report
        // does not become one. Where the store failed they stay, so that it can be tried again.
        if let Ok((_, taken)) = &taken
            && !taken.may_be_retried()
            && let Err(failure) = store.drop_upload(&id)
        {
            log::warn!("a finished upload cannot be removed, and goes in a day: {failure}");
        }
        Ok::<_, Panicked>(taken)
    });
    match taken.await {
        Ok(Ok(taken)) => uploaded(instance, vec![taken]).await,
        Ok(Err(failure)) => of_failure(&failure),
        Err(panicked) => error(status::FAILED, &panicked.to_string()),
    }
}
