//! Which Prometheus is queried about production, and how.

use std::fmt;
use std::time::Duration;

use headroom_contract::settings::{self as keys, Takes};
use headroom_prometheus::{Auth, ClientCertificate, Config, Method, Secret, Tls, shown_address, shown_header};
use headroom_protocol::InstanceSettings;

use super::SettingsProblem;
use super::reader::Reader;

/// What `jsonData` says about the Prometheus. Secrets stay in the data source's own settings.
#[derive(Clone, PartialEq)]
pub struct PrometheusSettings {
    /// Its address, as typed; `None` if there is none.
    pub url: Option<String>,
    /// User of basic authentication, unless it is in the data source's own settings.
    basic_auth_user: Option<String>,
    tenant: Option<String>,
    /// Number and name of each custom header.
    headers: Vec<(usize, String)>,
    parameters: Vec<(String, String)>,
    method: Method,
    timeout: Duration,
    /// How often targets are scraped; `None` if it must be read from the data.
    pub scrape_interval: Option<Duration>,
    client_certificate: bool,
    own_authority: bool,
    skip_verify: bool,
}

/// Prints only the safe part of the address, and no parameters, because people put secrets there.
impl fmt::Debug for PrometheusSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrometheusSettings")
            .field("url", &self.url.as_deref().map(shown_address))
            .field("method", &self.method)
            .field("timeout", &self.timeout)
            .field("scrape_interval", &self.scrape_interval)
            .finish_non_exhaustive()
    }
}

/// Reads the settings about the Prometheus.
pub(super) fn parse(reader: &mut Reader<'_>) -> PrometheusSettings {
    PrometheusSettings {
        url: reader.text(&keys::PROMETHEUS_URL),
        basic_auth_user: reader.text(&keys::BASIC_AUTH_USER),
        tenant: reader.text(&keys::PROMETHEUS_TENANT),
        headers: headers(reader),
        parameters: parameters(reader),
        // Any other word is a problem, and the method that works almost everywhere is used.
        method: match reader.word(&keys::HTTP_METHOD, &format!(". {} is used", keys::METHODS[0])) {
            Some(keys::GET) => Method::Get,
            _ => Method::Post,
        },
        timeout: reader.seconds(&keys::PROMETHEUS_TIMEOUT_SECONDS, keys::TIMEOUT_S),
        scrape_interval: reader.duration(&keys::TIME_INTERVAL),
        client_certificate: reader.flag(&keys::TLS_AUTH),
        own_authority: reader.flag(&keys::TLS_AUTH_WITH_CA_CERT),
        skip_verify: reader.flag(&keys::TLS_SKIP_VERIFY),
    }
}

impl PrometheusSettings {
    /// How to reach it, with the secrets of the data source; `None` if no address is set.
    ///
    /// # Errors
    /// If a secret is missing or contradicts another one.
    pub fn config(&self, data_source: &InstanceSettings) -> Result<Option<Config>, SettingsProblem> {
        let Some(url) = self.url.clone() else { return Ok(None) };
        // Grafana keeps an empty text for a removed secret.
        let secret = |key: &str| {
            let known = data_source.secure.get(key).filter(|secret| !secret.expose().trim().is_empty());
            known.map(|secret| Secret::new(secret.expose()))
        };
        let needed = |key: &str, because: &str| {
            secret(key).ok_or_else(|| SettingsProblem {
                key: format!("secureJsonData.{key}"),
                message: format!("expected it to be set, because {because}; found nothing"),
            })
        };
        let mut config = Config::new(url);
        config.auth = self.auth(data_source, secret("prometheusToken"), secret("basicAuthPassword"))?;
        config.tls = Tls {
            ca_pem: if self.own_authority {
                Some(needed("tlsCACert", "tlsAuthWithCACert is on")?.expose().to_owned())
            } else {
                None
            },
            client: if self.client_certificate {
                Some(ClientCertificate {
                    certificate_pem: needed("tlsClientCert", "tlsAuth is on")?.expose().to_owned(),
                    key_pem: needed("tlsClientKey", "tlsAuth is on")?,
                })
            } else {
                None
            },
            skip_verify: self.skip_verify,
        };
        config.tenant.clone_from(&self.tenant);
        for (number, name) in &self.headers {
            let because = format!("{}{number} is `{}`", keys::HEADER_NAME, shown_header(name));
            let value = needed(&format!("{}{number}", keys::HEADER_VALUE), &because)?;
            config.headers.push((name.clone(), value));
        }
        config.parameters.clone_from(&self.parameters);
        config.method = self.method;
        config.timeout = self.timeout;
        Ok(Some(config))
    }

    fn auth(
        &self,
        data_source: &InstanceSettings,
        token: Option<Secret>,
        password: Option<Secret>,
    ) -> Result<Auth, SettingsProblem> {
        let own = Some(data_source.basic_auth_user.trim().to_owned())
            .filter(|user| data_source.basic_auth_enabled && !user.is_empty());
        match (own.or_else(|| self.basic_auth_user.clone()), token) {
            (Some(_), Some(_)) => Err(SettingsProblem {
                key: "basicAuthUser".to_owned(),
                message: "expected basic authentication or the bearer token `prometheusToken`; found both. Remove one"
                    .to_owned(),
            }),
            (Some(user), None) => Ok(Auth::Basic { user, password: password.unwrap_or_default() }),
            (None, Some(token)) => Ok(Auth::Bearer(token)),
            (None, None) => Ok(Auth::None),
        }
    }
}

/// Number and name of each custom header.
fn headers(reader: &mut Reader<'_>) -> Vec<(usize, String)> {
    (1..=keys::MOST_HEADERS)
        .filter_map(|number| Some((number, reader.text_of(&format!("{}{number}", keys::HEADER_NAME), &Takes::Text)?)))
        .collect()
}

/// The parameters, written as in Grafana's own Prometheus data source: `namespace=prod&dedup=true`.
fn parameters(reader: &mut Reader<'_>) -> Vec<(String, String)> {
    let Some(written) = reader.text(&keys::CUSTOM_QUERY_PARAMETERS) else { return Vec::new() };
    let mut found = Vec::new();
    for pair in written.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some((name, value)) if !name.is_empty() => found.push((name.to_owned(), value.to_owned())),
            _ => reader.note(
                keys::CUSTOM_QUERY_PARAMETERS.key,
                "expected pairs such as `namespace=prod&dedup=true`; found one without `=`",
            ),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The authentication with this secret.
    fn auth(secret: &str) -> Auth {
        let json = json!({ "prometheusUrl": "http://prometheus:9090" });
        let settings = parse(&mut Reader { json: json.as_object().unwrap(), problems: Vec::new() });
        let secure = [("prometheusToken".to_owned(), secret.to_owned())].into_iter().collect();
        let config = settings.config(&InstanceSettings { secure, ..InstanceSettings::default() });
        config.unwrap_or_else(|problem| panic!("{}", problem.message)).unwrap().auth
    }

    #[test]
    fn a_secret_that_was_removed_is_none() {
        assert!(matches!(auth("t0ken"), Auth::Bearer(_)));
        assert!(matches!(auth(""), Auth::None));
    }
}
