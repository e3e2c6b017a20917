//! Who makes a request, and with which settings: what Grafana sends with every request.

use std::{collections::BTreeMap, fmt};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::{headers::Headers, secret::SecureMap};

/// The context of a request.
#[derive(Clone, Default)]
pub struct Context {
    /// The organisation in Grafana.
    pub org_id: i64,
    /// The plugin's id.
    pub plugin_id: String,
    /// The plugin's version; empty before Grafana 11.
    pub plugin_version: String,
    /// The user. `None` if Grafana itself makes the request, as in alerting and in public dashboards.
    pub user: Option<User>,
    /// Settings of the data source, if the plugin is one.
    pub data_source: Option<InstanceSettings>,
    /// Settings of the app, if the plugin is one.
    pub app: Option<AppSettings>,
    /// Grafana's own configuration for this request: application URL, feature toggles, limits, proxy.
    pub grafana_config: BTreeMap<String, String>,
    /// Grafana's name and version, such as `Grafana/12.4.0 (linux; amd64)`.
    pub user_agent: String,
    /// API version of the settings; usually empty.
    pub api_version: String,
    /// Grafana's namespace of the organisation, such as `default` or `org-2`.
    pub namespace: String,
    /// Headers that Grafana forwards. For [`crate::Plugin::call_resource`] they are the headers of the request itself.
    pub headers: Headers,
}

impl Context {
    /// Whether an alert rule makes the request, and not a person.
    #[must_use]
    pub fn from_alert(&self) -> bool {
        self.headers.get("FromAlert") == Some("true")
    }
}

/// Prints user and instance only. Headers, configuration and settings may contain credentials.
impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("org_id", &self.org_id)
            .field("plugin_id", &self.plugin_id)
            .field("user", &self.user.as_ref().map(|user| &user.login))
            .field("data_source", &self.data_source)
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

/// A person signed in to Grafana.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub login: String,
    /// Name for people.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// Basic role in the organisation: `Viewer`, `Editor`, `Admin`, `None`, an empty text, or a role that Grafana adds
    /// later.
    pub role: String,
}

impl User {
    /// Whether the basic role allows changes: `Editor` or `Admin`.
    #[must_use]
    pub fn can_edit(&self) -> bool {
        self.role == "Editor" || self.role == "Admin"
    }
}

/// Settings of one configured data source.
#[derive(Clone, Default)]
pub struct InstanceSettings {
    /// Its id in Grafana's database.
    pub id: i64,
    /// The data source's uid, unique in its organisation.
    pub uid: String,
    /// Name that users see.
    pub name: String,
    /// Address of the service behind it.
    pub url: String,
    /// User at that service.
    pub user: String,
    /// Database at that service.
    pub database: String,
    /// Whether basic authentication is on; its password is the secret `basicAuthPassword`.
    pub basic_auth_enabled: bool,
    /// User for basic authentication.
    pub basic_auth_user: String,
    /// The `jsonData` of the settings, as Grafana stored it; read it with [`InstanceSettings::json`].
    pub json_data: Bytes,
    /// The decrypted `secureJsonData`.
    pub secure: SecureMap,
    /// When the settings last changed, in milliseconds since 1970-01-01 UTC.
    pub updated_ms: i64,
    /// API version of the settings; usually empty.
    pub api_version: String,
}

impl InstanceSettings {
    /// Reads `jsonData` into `T`. Empty text and `null` are read as `{}`; Grafana sends them for a data source that was
    /// never saved.
    ///
    /// # Errors
    /// If the text is not JSON or does not fit `T`; the message names the data source.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        lenient_json(&self.json_data)
            .map_err(|source| SettingsError { of: format!("data source {:?} (uid {})", self.name, self.uid), source })
    }
}

/// Prints only uid, name and time of change. The rest may contain credentials: an address such as
/// `https://user:password@host`, or a key in the wrong place.
impl fmt::Debug for InstanceSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceSettings")
            .field("uid", &self.uid)
            .field("name", &self.name)
            .field("updated_ms", &self.updated_ms)
            .finish_non_exhaustive()
    }
}

/// Settings of an app plugin.
#[derive(Clone, Default)]
pub struct AppSettings {
    /// The `jsonData` of the settings; read it with [`AppSettings::json`].
    pub json_data: Bytes,
    /// The decrypted `secureJsonData`.
    pub secure: SecureMap,
    /// When the settings last changed, in milliseconds since 1970-01-01 UTC.
    pub updated_ms: i64,
    /// API version of the settings; usually empty.
    pub api_version: String,
}

impl AppSettings {
    /// Reads `jsonData` into `T`. Empty text and `null` are read as `{}`.
    ///
    /// # Errors
    /// If the text is not JSON or does not fit `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        lenient_json(&self.json_data).map_err(|source| SettingsError { of: "the app".to_owned(), source })
    }
}

impl fmt::Debug for AppSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppSettings").field("updated_ms", &self.updated_ms).finish_non_exhaustive()
    }
}

/// `jsonData` that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "the settings (jsonData) of {of} cannot be read: {source}; open them in Grafana, correct and save them, or correct the provisioning file"
)]
pub struct SettingsError {
    of: String,
    source: serde_json::Error,
}

fn lenient_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, serde_json::Error> {
    let text = text.trim_ascii();
    serde_json::from_slice(if text.is_empty() || text == b"null" { b"{}" } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug, PartialEq, Default)]
    #[serde(default)]
    struct Settings {
        path: String,
    }

    fn check(json_data: &'static str, expected: Result<&str, &str>) {
        let settings = InstanceSettings {
            name: "Benchmarks".into(),
            uid: "u1".into(),
            json_data: json_data.into(),
            ..Default::default()
        };
        match (settings.json::<Settings>(), expected) {
            (Ok(read), Ok(path)) => assert_eq!(read.path, path, "{json_data}"),
            (Err(error), Err(part)) => {
                let text = error.to_string();
                assert!(text.contains(part) && text.contains("\"Benchmarks\" (uid u1)"), "{text}");
            }
            (read, _) => panic!("{json_data}: {read:?}"),
        }
    }

    #[test]
    fn json_data_may_be_missing() {
        check("", Ok(""));
        check(" \n", Ok(""));
        check("null", Ok(""));
        check("{}", Ok(""));
        check(r#"{"path":"/data","later":{"unknown":1}}"#, Ok("/data"));
        check(r#"{"path":"#, Err("EOF while parsing"));
        check(r#"{"path":3}"#, Err("expected a string"));
    }

    #[test]
    fn debug_leaves_credentials_out() {
        let settings = InstanceSettings {
            name: "n".into(),
            url: "https://u:MARKER@h".into(),
            json_data: "MARKER".into(),
            secure: [("k".to_owned(), "MARKER".to_owned())].into_iter().collect(),
            ..Default::default()
        };
        let app = AppSettings { json_data: "MARKER".into(), secure: settings.secure.clone(), ..Default::default() };
        let context = Context {
            grafana_config: [("k".to_owned(), "MARKER".to_owned())].into(),
            headers: Headers::new().with("Cookie", "MARKER"),
            data_source: Some(settings),
            app: Some(app),
            ..Default::default()
        };
        let text = format!("{context:?} {context:#?}");
        assert!(!text.contains("MARKER"), "{text}");
    }

    #[test]
    fn only_editors_and_admins_edit() {
        for (role, edits) in
            [("Viewer", false), ("Editor", true), ("Admin", true), ("None", false), ("", false), ("Later", false)]
        {
            assert_eq!(User { role: role.into(), ..Default::default() }.can_edit(), edits, "{role}");
        }
    }

    #[test]
    fn an_alert_rule_is_told_apart() {
        assert!(!Context::default().from_alert());
        assert!(Context { headers: Headers::new().with("fromalert", "true"), ..Default::default() }.from_alert());
    }
}
