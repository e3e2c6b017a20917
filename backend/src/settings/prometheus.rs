//! Which Prometheus production is asked, and how.

use std::time::Duration;

use headroom_base::duration;
use headroom_prometheus::{Auth, ClientCertificate, Config, Method, Secret, Tls};
use headroom_protocol::InstanceSettings;
use serde_json::{Map, Value};

use super::{SettingsProblem, kind_of, text};

/// How long a query may take when nothing else is set, seconds: Grafana's own limit for a data source.
const TIMEOUT_S: f64 = 30.0;
/// Header numbers that are looked at. Grafana's settings page numbers them without gaps, people do not.
const MOST_HEADERS: usize = 64;

/// What `jsonData` says about the Prometheus; the secrets stay in the data source's own settings.
#[derive(Debug, Clone, PartialEq)]
pub struct PrometheusSettings {
    /// Its address, as it was typed; `None` without one.
    pub url: Option<String>,
    /// User of basic authentication, where it is not in the data source's own settings.
    basic_auth_user: Option<String>,
    tenant: Option<String>,
    /// Number and name of each custom header.
    headers: Vec<(usize, String)>,
    parameters: Vec<(String, String)>,
    method: Method,
    timeout: Duration,
    /// How often targets are scraped; `None` to see it in the data.
    pub scrape_interval: Option<Duration>,
    client_certificate: bool,
    own_authority: bool,
    skip_verify: bool,
}

/// What a data source can be told about its Prometheus, and what is wrong with it.
pub(super) fn parse(json: &Map<String, Value>, problems: &mut Vec<SettingsProblem>) -> PrometheusSettings {
    let flag = |key: &str, problems: &mut Vec<SettingsProblem>| match json.get(key) {
        None | Some(Value::Null) => false,
        Some(Value::Bool(on)) => *on,
        Some(other) => {
            note(problems, key, format!("expected true or false; found {}", kind_of(other)));
            false
        }
    };
    PrometheusSettings {
        url: text(json, "prometheusUrl", &["prometheus", "url"], problems),
        basic_auth_user: text(json, "basicAuthUser", &["basicAuthUser", ""], &mut Vec::new()),
        tenant: text(json, "prometheusTenant", &["prometheusTenant", ""], &mut Vec::new()),
        headers: headers(json),
        parameters: parameters(json, problems),
        method: method(json, problems),
        timeout: timeout(json, problems),
        scrape_interval: scrape_interval(json, problems),
        client_certificate: flag("tlsAuth", problems),
        own_authority: flag("tlsAuthWithCACert", problems),
        skip_verify: flag("tlsSkipVerify", problems),
    }
}

impl PrometheusSettings {
    /// How to reach it, with the secrets of the data source; `None` when no address is set.
    ///
    /// # Errors
    /// Which secret is missing or contradicts another.
    pub fn config(&self, data_source: &InstanceSettings) -> Result<Option<Config>, SettingsProblem> {
        let Some(url) = self.url.clone() else { return Ok(None) };
        // Grafana keeps an empty text where a secret was removed.
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
            let value = needed(&format!("httpHeaderValue{number}"), &format!("httpHeaderName{number} is `{name}`"))?;
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

fn note(problems: &mut Vec<SettingsProblem>, key: &str, message: String) {
    problems.push(SettingsProblem { key: key.to_owned(), message });
}

fn headers(json: &Map<String, Value>) -> Vec<(usize, String)> {
    (1..=MOST_HEADERS)
        .filter_map(|number| {
            let name = json.get(&format!("httpHeaderName{number}"))?.as_str()?.trim();
            (!name.is_empty()).then(|| (number, name.to_owned()))
        })
        .collect()
}

/// `namespace=prod&dedup=true`, as Grafana's own Prometheus data source has it.
fn parameters(json: &Map<String, Value>, problems: &mut Vec<SettingsProblem>) -> Vec<(String, String)> {
    let key = "customQueryParameters";
    let Some(written) = text(json, key, &[key, ""], &mut Vec::new()) else { return Vec::new() };
    let mut found = Vec::new();
    for pair in written.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some((name, value)) if !name.is_empty() => found.push((name.to_owned(), value.to_owned())),
            _ => note(
                problems,
                key,
                "expected pairs such as `namespace=prod&dedup=true`; found one without `=`".to_owned(),
            ),
        }
    }
    found
}

fn method(json: &Map<String, Value>, problems: &mut Vec<SettingsProblem>) -> Method {
    match text(json, "httpMethod", &["httpMethod", ""], &mut Vec::new()).as_deref() {
        None | Some("POST") => Method::Post,
        Some("GET") => Method::Get,
        Some(_) => {
            note(problems, "httpMethod", "expected POST or GET; POST is used".to_owned());
            Method::Post
        }
    }
}

fn timeout(json: &Map<String, Value>, problems: &mut Vec<SettingsProblem>) -> Duration {
    match json.get("prometheusTimeoutSeconds") {
        None | Some(Value::Null) => Duration::from_secs_f64(TIMEOUT_S),
        Some(value) => match value.as_f64() {
            Some(seconds) if (1.0..=600.0).contains(&seconds) => Duration::from_secs_f64(seconds),
            _ => {
                let message = format!("expected a number of seconds from 1 to 600; found {}", kind_of(value));
                note(problems, "prometheusTimeoutSeconds", message);
                Duration::from_secs_f64(TIMEOUT_S)
            }
        },
    }
}

fn scrape_interval(json: &Map<String, Value>, problems: &mut Vec<SettingsProblem>) -> Option<Duration> {
    let written = text(json, "timeInterval", &["timeInterval", ""], &mut Vec::new())?;
    let found = duration::parse(&written).filter(|interval| !interval.is_zero());
    if found.is_none() {
        note(problems, "timeInterval", format!("expected a duration such as `15s` or `1m`; found `{written}`"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// How it is reached with one secret.
    fn auth(secret: &str) -> Auth {
        let json = json!({ "prometheusUrl": "http://prometheus:9090" });
        let mut problems = Vec::new();
        let settings = parse(json.as_object().unwrap(), &mut problems);
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
