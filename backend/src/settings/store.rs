//! Which store the reports are in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use headroom_contract::settings as keys;
use headroom_contract::settings::{STORE_KIND, STORE_PATH, Setting};
use headroom_prometheus::{Secret, shown_address};
use headroom_protocol::InstanceSettings;

use super::SettingsProblem;
use super::reader::Reader;

/// Where reports are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreSettings {
    /// A folder on the Grafana server.
    Directory {
        /// The path as typed.
        typed: String,
        /// The path; absolute if the process knows its working directory.
        path: PathBuf,
    },
    /// A bucket, or a server of files.
    Remote(RemoteSettings),
}

/// How to reach a bucket or a server of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteSettings {
    /// Which one.
    pub place: Place,
    /// Where the credentials come from.
    pub authentication: Authentication,
    /// User of basic authentication.
    pub user: Option<String>,
    /// How long the server may be silent.
    pub timeout: Duration,
    /// The secrets of stores, by their keys; see [`StoreSettings::with_secrets`].
    pub secrets: BTreeMap<&'static str, Secret>,
}

/// A bucket or a server of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Amazon S3, or what speaks its protocol.
    S3(S3Place),
    /// Azure Blob Storage.
    Azure(AzurePlace),
    /// Google Cloud Storage.
    Gcs(GcsPlace),
    /// A server of files.
    Http {
        /// Its address, or that of a folder, a list or a report on it.
        url: String,
    },
}

/// A bucket of S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Place {
    /// The bucket.
    pub bucket: String,
    /// Only objects below it are listed.
    pub prefix: Option<String>,
    /// The server, if it is not AWS.
    pub endpoint: Option<String>,
    /// The bucket's region.
    pub region: Option<String>,
}

/// A container of Azure Blob Storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzurePlace {
    /// The storage account.
    pub account: String,
    /// The container.
    pub container: String,
    /// Only objects below it are listed.
    pub prefix: Option<String>,
    /// The server, if it is not Azure's own.
    pub endpoint: Option<String>,
}

/// A bucket of Google Cloud Storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcsPlace {
    /// The bucket.
    pub bucket: String,
    /// Only objects below it are listed.
    pub prefix: Option<String>,
    /// The server, if it is not Google's own.
    pub endpoint: Option<String>,
}

/// Where the credentials of a store come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// From the data source's secrets.
    Secrets,
    /// From the environment that the Grafana server runs in.
    Environment,
    /// None are sent.
    None,
}

impl RemoteSettings {
    /// A secret; `None` if it is not set.
    #[must_use]
    pub fn secret(&self, key: &str) -> Option<&Secret> {
        self.secrets.get(key)
    }

    /// A secret that must be set.
    ///
    /// # Errors
    /// If it is not set.
    pub fn needed(&self, key: &str) -> Result<&Secret, SettingsProblem> {
        self.secret(key).ok_or_else(|| SettingsProblem {
            key: format!("secureJsonData.{key}"),
            message:
                "expected it to be set, because the store's credentials come from the data source's secrets; found \
                      nothing. Set it, or set storeAuth to `environment` or `none`"
                    .to_owned(),
        })
    }
}

impl StoreSettings {
    /// The same with the secrets of the data source.
    #[must_use]
    pub fn with_secrets(mut self, data_source: &InstanceSettings) -> Self {
        if let Self::Remote(remote) = &mut self {
            let known = |key: &'static str| {
                // Grafana keeps an empty text for a removed secret.
                let secret = data_source.secure.get(key).filter(|secret| !secret.expose().trim().is_empty())?;
                Some((key, Secret::new(secret.expose())))
            };
            remote.secrets = keys::STORE_SECRETS.iter().filter_map(|secret| known(secret.key)).collect();
        }
        self
    }

    /// A text that distinguishes this store from others on the same machine.
    #[must_use]
    pub fn identity(&self) -> String {
        match self {
            Self::Directory { path, .. } => format!("directory {}", path.display()),
            Self::Remote(_) => self.describe(),
        }
    }

    /// The store's name for people. A relative path is shown with its absolute form.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Directory { typed, path } if Path::new(typed).is_absolute() => path.display().to_string(),
            Self::Directory { typed, path } => {
                format!("{typed} (relative to Grafana's working directory: {})", path.display())
            }
            Self::Remote(remote) => remote.place.describe(),
        }
    }
}

impl Place {
    fn describe(&self) -> String {
        let bucket = |scheme: &str, bucket: &str, prefix: Option<&str>, endpoint: Option<&str>| {
            let prefix = prefix.map_or_else(String::new, |prefix| format!("/{prefix}"));
            let endpoint = endpoint.map_or_else(String::new, |endpoint| format!(" at {}", shown_address(endpoint)));
            format!("{scheme}://{bucket}{prefix}{endpoint}")
        };
        match self {
            Self::S3(place) => bucket("s3", &place.bucket, place.prefix.as_deref(), place.endpoint.as_deref()),
            Self::Azure(place) => {
                let container = format!("{}/{}", place.account, place.container);
                bucket("azure", &container, place.prefix.as_deref(), place.endpoint.as_deref())
            }
            Self::Gcs(place) => bucket("gs", &place.bucket, place.prefix.as_deref(), place.endpoint.as_deref()),
            Self::Http { url } => shown_address(url),
        }
    }
}

/// The store in the settings; `None` if there is no valid one. If something was typed, the problem is added.
pub(super) fn parse(reader: &mut Reader<'_>, base: &Path) -> Option<StoreSettings> {
    let kind = reader.word(&STORE_KIND, "");
    let typed = reader.text(&STORE_PATH);
    let kind = kind?;
    if kind != keys::DIRECTORY {
        return remote(reader, kind).map(StoreSettings::Remote);
    }
    let typed = typed?;
    if typed.contains('$') {
        reader.note(
            STORE_PATH.key,
            "expected a path; found one with `$` in it. Environment variables are replaced in provisioning files only: type \
             the path itself",
        );
        return None;
    }
    // Rebuilt from its components, so that `a/b/` and `a/b` are the same store.
    let path: PathBuf = base.join(&typed).components().collect();
    Some(StoreSettings::Directory { typed, path })
}

fn remote(reader: &mut Reader<'_>, kind: &'static str) -> Option<RemoteSettings> {
    let authentication = match reader.word(&keys::STORE_AUTH, "")? {
        keys::WITH_ENVIRONMENT => Authentication::Environment,
        keys::WITH_NONE => Authentication::None,
        _ => Authentication::Secrets,
    };
    let user = reader.text(&keys::STORE_USER);
    let timeout = reader.seconds(&keys::STORE_TIMEOUT_SECONDS, keys::STORE_TIMEOUT_S);
    let endpoint = address(reader, &keys::STORE_ENDPOINT).ok()?;
    let prefix = reader.text(&keys::STORE_PREFIX).map(|prefix| prefix.trim_matches('/').to_owned());
    let prefix = prefix.filter(|prefix| !prefix.is_empty());
    let place = match kind {
        keys::S3 => Place::S3(S3Place {
            bucket: needed(reader, &keys::STORE_BUCKET, kind)?,
            prefix,
            endpoint,
            region: reader.text(&keys::STORE_REGION),
        }),
        keys::AZURE => Place::Azure(AzurePlace {
            account: needed(reader, &keys::STORE_ACCOUNT, kind)?,
            container: needed(reader, &keys::STORE_BUCKET, kind)?,
            prefix,
            endpoint,
        }),
        keys::GCS => Place::Gcs(GcsPlace { bucket: needed(reader, &keys::STORE_BUCKET, kind)?, prefix, endpoint }),
        _ => Place::Http { url: needed(reader, &keys::STORE_URL, kind)? },
    };
    Some(RemoteSettings { place, authentication, user, timeout, secrets: BTreeMap::new() })
}

/// The address of a server, without a slash at its end.
///
/// # Errors
/// If there is one that cannot be used; that is noted.
fn address(reader: &mut Reader<'_>, setting: &Setting) -> Result<Option<String>, ()> {
    let Some(text) = reader.text(setting) else { return Ok(None) };
    let has_host = text
        .split_once("://")
        .is_some_and(|(scheme, rest)| matches!(scheme, "http" | "https") && !rest.is_empty() && !rest.starts_with('/'));
    if has_host && !text.contains(['@', '?', '#']) {
        return Ok(Some(text.trim_end_matches('/').to_owned()));
    }
    let found = shown_address(&text);
    reader.note(
        setting.key,
        format!("expected an address such as `https://minio:9000`, without user, password and `?`; found `{found}`"),
    );
    Err(())
}

/// A text without which a store of this kind cannot be.
fn needed(reader: &mut Reader<'_>, setting: &Setting, kind: &str) -> Option<String> {
    let text = reader.text(setting);
    if text.is_none() && !reader.problems.iter().any(|problem| problem.key == setting.key) {
        reader.note(setting.key, format!("expected it to be set, because storeKind is `{kind}`; found nothing"));
    }
    text
}
