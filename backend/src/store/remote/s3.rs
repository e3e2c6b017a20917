//! Amazon S3, and what speaks its protocol: `MinIO`, Ceph, Garage, Cloudflare R2 and others.

use object_store::aws::AmazonS3Builder;

use super::bucket::{Bucket, retries};
use super::caller::Caller;
use super::fault::Fault;
use crate::settings::{Authentication, RemoteSettings, S3Place};

/// A bucket.
///
/// # Errors
/// If a secret is missing, or a setting cannot be used.
pub(super) fn open(place: &S3Place, settings: &RemoteSettings, caller: Caller) -> Result<Bucket, Fault> {
    let shown = caller.place().to_owned();
    let mut builder = match settings.authentication {
        Authentication::Environment => AmazonS3Builder::from_env(),
        Authentication::None => AmazonS3Builder::new().with_skip_signature(true),
        Authentication::Secrets => {
            let builder = AmazonS3Builder::new()
                .with_access_key_id(
                    settings
                        .needed("storeAccessKeyId")
                        .map_err(|problem| Fault::of_settings(&problem))?
                        .expose()
                        .trim(),
                )
                .with_secret_access_key(
                    settings
                        .needed("storeSecretAccessKey")
                        .map_err(|problem| Fault::of_settings(&problem))?
                        .expose()
                        .trim(),
                );
            match settings.secret("storeSessionToken") {
                Some(token) => builder.with_token(token.expose().trim()),
                None => builder,
            }
        }
    };
    if let Some(endpoint) = &place.endpoint {
        // An address that begins with `http://` was typed by somebody who wants no TLS.
        builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    if let Some(region) = &place.region {
        builder = builder.with_region(region);
    }
    let store = builder
        .with_bucket_name(&place.bucket)
        .with_retry(retries())
        .with_http_connector(caller)
        .build()
        .map_err(|error| Fault::configuration(format!("the store's settings cannot be used: {error}")))?;
    Bucket::new(store, place.prefix.as_deref(), &shown)
}
