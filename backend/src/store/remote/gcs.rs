//! Google Cloud Storage.

use object_store::gcp::GoogleCloudStorageBuilder;

use super::bucket::{Bucket, retries};
use super::caller::Caller;
use super::fault::Fault;
use crate::settings::{Authentication, GcsPlace, RemoteSettings};

/// A bucket.
///
/// # Errors
/// If a secret is missing, or a setting cannot be used.
pub(super) fn open(place: &GcsPlace, settings: &RemoteSettings, caller: Caller) -> Result<Bucket, Fault> {
    let shown = caller.place().to_owned();
    let mut builder = match settings.authentication {
        Authentication::Environment => GoogleCloudStorageBuilder::from_env(),
        // With a token, even an empty one, no other credentials are looked for.
        Authentication::None => GoogleCloudStorageBuilder::new().with_bearer_token("").with_skip_signature(true),
        Authentication::Secrets => {
            let key = settings.needed("storeServiceAccountKey").map_err(|problem| Fault::of_settings(&problem))?;
            GoogleCloudStorageBuilder::new().with_service_account_key(key.expose().trim())
        }
    };
    if let Some(endpoint) = &place.endpoint {
        builder = builder.with_base_url(endpoint);
    }
    let store = builder
        .with_bucket_name(&place.bucket)
        .with_retry(retries())
        .with_http_connector(caller.taking_gzip())
        .build()
        // The text may contain parts of the key.
        .map_err(|_| {
            Fault::configuration(
                "the store's settings cannot be used: is storeServiceAccountKey the whole JSON file of a service \
                 account's key?",
            )
        })?;
    Bucket::new(store, place.prefix.as_deref(), &shown)
}
