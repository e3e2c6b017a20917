//! The address of a server, and how to connect to it.

use std::{fmt, time::Duration};

use headroom_base::Secret;

use crate::address::shown_address;

/// How to reach one server. Start from [`Config::new`] and change what differs.
#[derive(Clone)]
pub struct Config {
    /// The part before `/api/v1`: `http://prometheus:9090`, `https://mimir/prometheus`,
    /// `http://vmselect:8481/select/0/prometheus`.
    pub url: String,
    /// How the client identifies itself.
    pub auth: Auth,
    /// What is trusted, and the client's own certificate.
    pub tls: Tls,
    /// The tenant of Mimir, Thanos or Cortex, sent as `X-Scope-OrgID`.
    pub tenant: Option<String>,
    /// Headers sent with every request.
    pub headers: Vec<(String, Secret)>,
    /// Parameters added to every URL, such as `namespace=…` for OpenShift's tenancy proxy.
    pub parameters: Vec<(String, String)>,
    /// POST, unless a proxy refuses it.
    pub method: Method,
    /// The longest time for one call, including its retries and the reading of its answer. The server gets it too, so
    /// that it stops the query.
    pub timeout: Duration,
    /// The longest time for connecting.
    pub connect_timeout: Duration,
    /// How many times a call is retried if the connection failed or a proxy answered 502, 503 or 504.
    pub retries: u32,
    /// The most points per series that one request may ask for. Prometheus refuses more than 11,000.
    pub max_points: usize,
    /// The most bytes that one answer may take, including its labels; beyond that it is an error, before memory runs
    /// out.
    pub max_bytes: usize,
}

impl Config {
    /// A server without authentication, with POST, a timeout of 30 s, 5 s to connect, two retries, 11,000 points per
    /// series and 128 MiB per answer.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            auth: Auth::None,
            tls: Tls::default(),
            tenant: None,
            headers: Vec::new(),
            parameters: Vec::new(),
            method: Method::Post,
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            retries: 2,
            max_points: 11_000,
            max_bytes: 128 << 20,
        }
    }
}

/// Prints no user, password or parameters of the address and no values of parameters, because people put secrets there.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters: Vec<&str> = self.parameters.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Config")
            .field("url", &shown_address(&self.url))
            .field("auth", &self.auth)
            .field("tls", &self.tls)
            .field("tenant", &self.tenant)
            .field("headers", &self.headers)
            .field("parameters", &parameters)
            .field("method", &self.method)
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("retries", &self.retries)
            .field("max_points", &self.max_points)
            .field("max_bytes", &self.max_bytes)
            .finish()
    }
}

/// How the client identifies itself.
#[derive(Debug, Clone, Default)]
pub enum Auth {
    /// No authentication.
    #[default]
    None,
    /// `Authorization: Bearer …`.
    Bearer(Secret),
    /// `Authorization: Basic …`.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
}

/// What is trusted, and the client's own certificate.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// Certificates of the authorities to trust, PEM. They replace those of the system.
    pub ca_pem: Option<String>,
    /// The certificate that the client shows (mTLS).
    pub client: Option<ClientCertificate>,
    /// Whether any certificate is trusted: for a laptop, never for production.
    pub skip_verify: bool,
}

/// A client certificate with its key.
#[derive(Debug, Clone)]
pub struct ClientCertificate {
    /// The certificate and its intermediate certificates, PEM.
    pub certificate_pem: String,
    /// Its private key, PEM (PKCS#8, PKCS#1 or SEC 1).
    pub key_pem: Secret,
}

/// How queries are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// As a form in the body, which may have any length.
    #[default]
    Post,
    /// In the URL: for proxies that allow nothing else.
    Get,
}
