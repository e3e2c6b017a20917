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
/// How long a remote store may be silent by default, seconds.
pub const STORE_TIMEOUT_S: f64 = 30.0;
/// A folder.
pub const DIRECTORY: &str = "directory";
/// Amazon S3, and what speaks its protocol.
pub const S3: &str = "s3";
/// Azure Blob Storage.
pub const AZURE: &str = "azure";
/// Google Cloud Storage.
pub const GCS: &str = "gcs";
/// A server of files.
pub const HTTP: &str = "http";
/// The kinds of store, the default first.
pub const STORES: [&str; 5] = [DIRECTORY, S3, AZURE, GCS, HTTP];
/// The credentials are among the secrets.
pub const WITH_SECRETS: &str = "secrets";
/// The credentials are those that the Grafana server runs with.
pub const WITH_ENVIRONMENT: &str = "environment";
/// No credentials are sent.
pub const WITH_NONE: &str = "none";
/// Where the credentials of a store come from, the default first.
pub const STORE_AUTHS: [&str; 3] = [WITH_SECRETS, WITH_ENVIRONMENT, WITH_NONE];
/// The HTTP methods that a Prometheus can be queried with, the default first.
pub const METHODS: [&str; 2] = ["POST", GET];
/// The method for proxies that allow no other.
pub const GET: &str = "GET";

/// The kind of store that holds the reports.
pub const STORE_KIND: Setting = setting(
    "storeKind",
    Takes::Word(&STORES),
    "where reports are: `directory`, `s3`, `azure`, `gcs` or `http`, see [stores](stores.md)",
    "`directory`",
);
/// The folder of the reports.
pub const STORE_PATH: Setting = setting(
    "storePath",
    Takes::Text,
    "the folder that holds the reports, as the Grafana server sees it. Sub-folders are read too",
    "the health check says that no store is set",
);
/// The bucket.
pub const STORE_BUCKET: Setting = setting(
    "storeBucket",
    Takes::Text,
    "`s3`, `gcs`: the bucket. `azure`: the container",
    "the health check says that it is missing",
);
/// The part of the bucket.
pub const STORE_PREFIX: Setting = setting(
    "storePrefix",
    Takes::Text,
    "`s3`, `gcs`, `azure`: only objects below this folder, such as `team/reports`, are listed; paths are below it",
    "the whole bucket",
);
/// The server of a bucket.
pub const STORE_ENDPOINT: Setting = setting(
    "storeEndpoint",
    Takes::Text,
    "`s3`, `gcs`, `azure`: the server's address, such as `https://minio:9000`, where it is not the provider's own. One that \
     begins with `http://` is used without TLS",
    "that of AWS, Azure or Google",
);
/// The region of a bucket.
pub const STORE_REGION: Setting =
    setting("storeRegion", Takes::Text, "`s3`: the bucket's region, such as `eu-central-1`", "`us-east-1`");
/// The account of a container.
pub const STORE_ACCOUNT: Setting =
    setting("storeAccount", Takes::Text, "`azure`: the storage account", "the health check says that it is missing");
/// The address of a server of files.
pub const STORE_URL: Setting = setting(
    "storeUrl",
    Takes::Text,
    "`http`: the address of an index page, of a list in JSON or of one report",
    "the health check says that it is missing",
);
/// Where credentials come from.
pub const STORE_AUTH: Setting = setting(
    "storeAuth",
    Takes::Word(&STORE_AUTHS),
    "`secrets`: credentials from `secureJsonData`. `environment`: those that the Grafana server itself has, by its \
     environment or its workload identity. `none`: without any, for public buckets",
    "`secrets`; `http` without any sends none",
);
/// The user of a server of files.
pub const STORE_USER: Setting = setting(
    "storeUser",
    Takes::Name,
    "`http`: user of basic authentication; its password is `storePassword`",
    "no basic authentication",
);
/// How long a store may be silent.
pub const STORE_TIMEOUT_SECONDS: Setting = setting(
    "storeTimeoutSeconds",
    Takes::Seconds(1.0..=600.0),
    "how long a bucket or server may be silent, 1 to 600",
    "30",
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

/// The keys about buckets and servers with reports.
pub const STORE_KEYS: &[Setting] = &[
    STORE_BUCKET,
    STORE_PREFIX,
    STORE_ENDPOINT,
    STORE_REGION,
    STORE_ACCOUNT,
    STORE_URL,
    STORE_AUTH,
    STORE_USER,
    STORE_TIMEOUT_SECONDS,
];

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

/// The keys of `secureJsonData` for stores.
pub const STORE_SECRETS: &[SecretKey] = &[
    SecretKey { key: "storeAccessKeyId", about: "`s3`: id of the access key" },
    SecretKey { key: "storeSecretAccessKey", about: "`s3`: the secret access key" },
    SecretKey { key: "storeSessionToken", about: "`s3`: session token of temporary credentials" },
    SecretKey {
        key: "storeSasToken",
        about: "`azure`: shared access signature, `sv=…&sig=…`. It wins over the account key",
    },
    SecretKey { key: "storeAccountKey", about: "`azure`: key of the storage account" },
    SecretKey { key: "storeServiceAccountKey", about: "`gcs`: the JSON file of a service account's key" },
    SecretKey { key: "storeToken", about: "`http`: bearer token. Not together with `storeUser`" },
    SecretKey { key: "storePassword", about: "`http`: password of basic authentication" },
    SecretKey { key: "storeCACert", about: "certificates of the authorities to trust instead of the system's, PEM" },
];
