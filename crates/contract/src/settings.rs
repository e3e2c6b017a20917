//! The keys of the data source's settings.

use std::ops::RangeInclusive;
use std::time::Duration;

/// What the value of a key may be.
#[derive(Debug, Clone, PartialEq)]
pub enum Takes {
    /// A text.
    Text,
    /// A name that may look like a number, such as a tenant. A number is taken as the text of its digits.
    Name,
    /// One of these texts.
    Word(&'static [&'static str]),
    /// A duration in this range, such as `15s`. A plain number is in seconds.
    Duration(RangeInclusive<Duration>),
    /// A number of seconds in this range.
    Seconds(RangeInclusive<f64>),
    /// `true` or `false`.
    Flag,
    /// A list of objects. The text is the name of their type.
    List(&'static str),
}

/// A key of the settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The key. `httpHeaderName1` stands for all numbers.
    pub key: &'static str,
    /// What its value may be.
    pub takes: Takes,
    /// What it means, in Markdown, without a full stop.
    pub about: &'static str,
    /// What applies without it, in Markdown.
    pub absent: &'static str,
}

const fn setting(key: &'static str, takes: Takes, about: &'static str, absent: &'static str) -> Setting {
    Setting { key, takes, about, absent }
}

/// The store is listed at most this often by default, seconds between listings.
pub const REFRESH_S: f64 = 5.0;
/// How long a Prometheus query may take by default, seconds: Grafana's own limit for a data source.
pub const TIMEOUT_S: f64 = 30.0;
/// The highest number of a custom header; numbers begin at 1.
pub const MOST_HEADERS: usize = 64;
/// Prefix of the key of a header's name; its number follows.
pub const HEADER_NAME: &str = "httpHeaderName";
/// Prefix of the key of a header's value among the secrets; its number follows.
pub const HEADER_VALUE: &str = "httpHeaderValue";
/// The only kind of store.
pub const DIRECTORY: &str = "directory";
/// The HTTP methods that a Prometheus can be queried with, the default first.
pub const METHODS: [&str; 2] = ["POST", GET];
/// The method for proxies that allow no other.
pub const GET: &str = "GET";

/// The kind of store that holds the reports.
pub const STORE_KIND: Setting =
    setting("storeKind", Takes::Word(&[DIRECTORY]), "where reports are: `directory`", "`directory`");
/// The folder of the reports.
pub const STORE_PATH: Setting = setting(
    "storePath",
    Takes::Text,
    "the folder that holds the reports, as the Grafana server sees it. Sub-folders are read too",
    "the health check says that no store is set",
);
/// The catalog's file.
pub const CATALOG_PATH: Setting = setting(
    "catalogPath",
    Takes::Text,
    "file in which the parsed runs are kept",
    "a file below the system's folder for temporary files, see [The catalog](#the-catalog)",
);
/// Whether reports may be uploaded into the store.
pub const ALLOW_UPLOAD: Setting = setting(
    "allowUpload",
    Takes::Flag,
    "whether Editors, Admins and service accounts with such a role may [upload reports](upload.md) into the store",
    "off: whoever may edit a dashboard would be able to write files on the Grafana server, which an administrator allows",
);
/// How often the store is listed.
pub const REFRESH_SECONDS: Setting = setting(
    "refreshSeconds",
    Takes::Seconds(1.0..=86_400.0),
    "the store is not listed more often than this, 1 to 86,400. A listing that takes long is repeated less often by itself",
    "5: a dashboard that refreshes every five seconds sees a new report at its next refresh, and a hundred panels still \
     cause one listing",
);
/// The service level that judges queries without their own.
pub const DEFAULT_SLO: Setting = setting(
    "defaultSlo",
    Takes::Text,
    "id of the limits that a query without its own is judged by",
    "the first preset",
);
/// Service levels that the data source adds.
pub const SLOS: Setting = setting(
    "slos",
    Takes::List("CustomSlo"),
    "limits of your own; each appears beside the presets. An id that equals a preset's replaces it",
    "only presets",
);
/// The Prometheus' address among the keys of [`KEYS`]: the same key as [`PROMETHEUS_URL`], described as an option.
pub const PROMETHEUS: Setting = setting(
    PROMETHEUS_URL.key,
    Takes::Text,
    "the Prometheus to ask about production, see [Prometheus](#prometheus). Either it or a store is enough; both together \
     answer how much headroom is left",
    "queries of production report that no Prometheus is set",
);
/// The Prometheus' address.
pub const PROMETHEUS_URL: Setting = setting(
    "prometheusUrl",
    Takes::Text,
    "the part before `/api/v1`: `http://prometheus:9090`, `https://mimir/prometheus`, \
     `http://vmselect:8481/select/0/prometheus`",
    "no production",
);
/// Facts about deployments that reports do not give.
pub const DEPLOYMENTS: Setting = setting(
    "deployments",
    Takes::List("DeploymentFacts"),
    "what reports do not say: model, quantization, hardware, GPUs, price, and which series stand for it in production. The \
     same keys as in the store's `deployments.yaml`; the settings win if both give a fact",
    "facts that the reports lack stay unknown",
);
/// The tenant, sent as a header.
pub const PROMETHEUS_TENANT: Setting = setting(
    "prometheusTenant",
    Takes::Name,
    "tenant of Mimir, Thanos or Cortex, sent as `X-Scope-OrgID`; a text or a number",
    "none",
);
/// The names of headers.
pub const HTTP_HEADER_NAME: Setting = setting(
    "httpHeaderName1",
    Takes::Text,
    "names of headers that are sent with every request, numbered from 1 to 64",
    "none",
);
/// Query parameters added to every request.
pub const CUSTOM_QUERY_PARAMETERS: Setting = setting(
    "customQueryParameters",
    Takes::Text,
    "parameters added to every request, such as `namespace=chat&dedup=true`; OpenShift's tenancy port wants the first",
    "none",
);
/// The HTTP method of queries.
pub const HTTP_METHOD: Setting =
    setting("httpMethod", Takes::Word(&METHODS), "`POST`, or `GET` for proxies that allow nothing else", "`POST`");
/// How long a query may take.
pub const PROMETHEUS_TIMEOUT_SECONDS: Setting =
    setting("prometheusTimeoutSeconds", Takes::Seconds(1.0..=600.0), "how long one query may take, 1 to 600", "30");
/// How often targets are scraped.
pub const TIME_INTERVAL: Setting = setting(
    "timeInterval",
    Takes::Duration(Duration::from_millis(1)..=Duration::from_hours(24)),
    "how often targets are scraped, such as `15s`, a day at most; a plain number is in seconds",
    "derived from the samples of `up`; 15 s if there are none, and for `promql` queries",
);
/// Whether only the given certificate authority is trusted.
pub const TLS_AUTH_WITH_CA_CERT: Setting =
    setting("tlsAuthWithCACert", Takes::Flag, "trust only the authority in `tlsCACert`", "the system's");
/// Whether a client certificate is sent.
pub const TLS_AUTH: Setting = setting("tlsAuth", Takes::Flag, "show the client certificate in `tlsClientCert`", "none");
/// Whether certificates are left unverified.
pub const TLS_SKIP_VERIFY: Setting =
    setting("tlsSkipVerify", Takes::Flag, "trust any certificate; never in production", "off");
/// The user of basic authentication.
pub const BASIC_AUTH_USER: Setting = setting(
    "basicAuthUser",
    Takes::Name,
    "user of basic authentication, a text or a number; beside it or instead of it the data source's own `basicAuth: true` \
     and `basicAuthUser`",
    "none",
);

/// The keys about the store, service levels and deployments.
pub const KEYS: &[Setting] =
    &[STORE_KIND, STORE_PATH, ALLOW_UPLOAD, CATALOG_PATH, REFRESH_SECONDS, DEFAULT_SLO, SLOS, PROMETHEUS, DEPLOYMENTS];

/// Groups that people may write as nested objects, with the flat keys that are read instead: settings are flat because
/// Grafana's own editors and provisioning support no other form.
pub const GROUPS: &[(&str, &[Setting])] =
    &[("store", &[STORE_KIND, STORE_PATH]), ("catalog", &[CATALOG_PATH]), ("prometheus", &[PROMETHEUS_URL])];

/// The keys about the Prometheus.
pub const PROMETHEUS_KEYS: &[Setting] = &[
    PROMETHEUS_URL,
    PROMETHEUS_TENANT,
    HTTP_HEADER_NAME,
    CUSTOM_QUERY_PARAMETERS,
    HTTP_METHOD,
    PROMETHEUS_TIMEOUT_SECONDS,
    TIME_INTERVAL,
    TLS_AUTH_WITH_CA_CERT,
    TLS_AUTH,
    TLS_SKIP_VERIFY,
    BASIC_AUTH_USER,
];

/// A secret key of the settings: only the process may read its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretKey {
    /// The key. `httpHeaderValue1` stands for all numbers.
    pub key: &'static str,
    /// What it is, in Markdown, without a full stop.
    pub about: &'static str,
}

/// The keys of `secureJsonData`.
pub const SECRETS: &[SecretKey] = &[
    SecretKey {
        key: "prometheusToken",
        about: "bearer token, such as a service account's. Not together with basic authentication",
    },
    SecretKey { key: "basicAuthPassword", about: "password of basic authentication" },
    SecretKey { key: "tlsCACert", about: "certificates of the authorities to trust, PEM" },
    SecretKey { key: "tlsClientCert", about: "client certificate with its intermediate certificates, PEM" },
    SecretKey { key: "tlsClientKey", about: "its key, PEM" },
    SecretKey { key: "httpHeaderValue1", about: "values of the headers, numbered as their names are" },
];
