//! Azure Blob Storage.

use object_store::azure::{MicrosoftAzureBuilder, split_sas};

use super::bucket::{Bucket, retries};
use super::caller::Caller;
use super::fault::Fault;
use crate::settings::{Authentication, AzurePlace, RemoteSettings};

/// A container.
///
/// # Errors
/// If a secret is missing, or a setting cannot be used.
pub(super) fn open(place: &AzurePlace, settings: &RemoteSettings, caller: Caller) -> Result<Bucket, Fault> {
    let shown = caller.place().to_owned();
    let builder = match settings.authentication {
        Authentication::Environment => MicrosoftAzureBuilder::from_env(),
        Authentication::None => MicrosoftAzureBuilder::new().with_skip_signature(true),
        Authentication::Secrets => match settings.secret("storeSasToken") {
            Some(token) => {
                let pairs = split_sas(token.expose().trim()).map_err(|_| {
                    Fault::configuration(
                        "secureJsonData.storeSasToken: expected pairs such as `sv=…&sig=…`; found something else",
                    )
                })?;
                MicrosoftAzureBuilder::new().with_sas_authorization(pairs)
            }
            None => MicrosoftAzureBuilder::new().with_access_key(
                settings.needed("storeAccountKey").map_err(|problem| Fault::of_settings(&problem))?.expose().trim(),
            ),
        },
    };
    let builder = match &place.endpoint {
        Some(endpoint) => builder.with_endpoint(endpoint.clone()).with_allow_http(endpoint.starts_with("http://")),
        None => builder,
    };
    let store = builder
        .with_account(&place.account)
        .with_container_name(&place.container)
        .with_retry(retries())
        .with_http_connector(caller)
        .build()
        // The text may contain the key.
        .map_err(|_| {
            Fault::configuration(
                "the store's settings cannot be used: is storeAccountKey the Base64 text that Azure shows, and \
                 storeEndpoint an address such as https://account.blob.core.windows.net?",
            )
        })?;
    Bucket::new(store, place.prefix.as_deref(), &shown)
}
