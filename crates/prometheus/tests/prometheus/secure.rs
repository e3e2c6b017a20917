//! TLS, basic authentication and client certificates against a Prometheus that demands them.

use headroom_prometheus::{Auth, Client, ClientCertificate, Config, ErrorKind, Secret};

use crate::{certificates::Certificates, servers::Server};

/// bcrypt of the password below.
const HASH: &str = "$2b$10$N9qo8uLOickgx2ZMRZoMyepM9OgJXKBtv1a.5xa3WZECg9wz6Mi4e";
const PASSWORD: &str = "quay-Lantern-7";

/// Asks with these settings; the error's kind and words, or nothing.
async fn check(config: &Config, expected: Result<(), (ErrorKind, &str)>) {
    let found = match Client::new(config) {
        Ok(client) => client.query("vector(1)", None).await.map(|answer| answer.data[0].last()),
        Err(error) => Err(error),
    };
    match (found, expected) {
        (Ok(value), Ok(())) => assert_eq!(value, Some(1.0)),
        (Err(error), Err((kind, words))) => {
            assert_eq!(error.kind, kind, "{error}");
            assert!(error.message.contains(words), "expected `{words}` in: {error}");
            assert!(!error.message.contains(PASSWORD), "{error}");
        }
        (found, expected) => panic!("expected {expected:?}, found {found:?}"),
    }
}

fn basic(password: &str) -> Auth {
    Auth::Basic { user: "ada".to_owned(), password: Secret::new(password) }
}

#[tokio::test]
async fn tls_and_basic_authentication() {
    let Some(certificates) = Certificates::make() else { return };
    let folder = certificates.folder().display();
    let web = certificates.write(
        "web.yml",
        &format!(
            "tls_server_config:\n  cert_file: {folder}/server.pem\n  key_file: {folder}/server.key\nbasic_auth_users:\n  \
             ada: {HASH}\n"
        ),
    );
    let Some(server) = Server::prometheus(Some(&web)).await else { return };
    let ca = certificates.text("ca.pem");
    let good = {
        let mut config = Config::new(format!("https://127.0.0.1:{}", server.port));
        config.tls.ca_pem = Some(ca.clone());
        config.auth = basic(PASSWORD);
        config
    };
    let changed = |change: &dyn Fn(&mut Config)| {
        let mut config = good.clone();
        change(&mut config);
        config
    };
    check(&good, Ok(())).await;
    check(&changed(&|c| c.auth = Auth::None), Err((ErrorKind::Unauthorized, "user and password"))).await;
    check(&changed(&|c| c.auth = basic("wrong")), Err((ErrorKind::Unauthorized, "401"))).await;
    check(&changed(&|c| c.auth = Auth::Bearer(Secret::new("x"))), Err((ErrorKind::Unauthorized, "401"))).await;
    check(
        &changed(&|c| c.tls.ca_pem = Some(certificates.text("other.pem"))),
        Err((ErrorKind::Tls, "an authority that is not trusted")),
    )
    .await;
    // The system's authorities did not sign it. Where there are none, that is said.
    let system = changed(&|c| c.tls.ca_pem = None);
    match Client::new(&system) {
        Ok(_) => check(&system, Err((ErrorKind::Tls, "Give that authority's certificate"))).await,
        Err(error) => assert!(error.message.contains("ca-certificates"), "{error}"),
    }
    check(&changed(&|c| (c.tls.ca_pem, c.tls.skip_verify) = (None, true)), Ok(())).await;
    check(
        &changed(&|c| c.url = format!("https://localhost:{}", server.port)),
        Err((ErrorKind::Tls, "for another name")),
    )
    .await;
    check(&changed(&|c| c.url = server.url()), Err((ErrorKind::Tls, "write https://"))).await;
    check(
        &changed(&|c| c.tls.ca_pem = Some("-----BEGIN CERTIFICATE-----\nabc".to_owned())),
        Err((ErrorKind::Configuration, "CA certificate")),
    )
    .await;
    check(&changed(&|c| c.tls.ca_pem = Some("no pem".to_owned())), Err((ErrorKind::Configuration, "found none"))).await;

    let Some(plain) = Server::prometheus(None).await else { return };
    check(
        &changed(&|c| c.url = format!("https://127.0.0.1:{}", plain.port)),
        Err((ErrorKind::Tls, "begin with http://")),
    )
    .await;
}

#[tokio::test]
async fn a_client_certificate() {
    let Some(certificates) = Certificates::make() else { return };
    let folder = certificates.folder().display();
    let web = certificates.write(
        "web.yml",
        &format!(
            "tls_server_config:\n  cert_file: {folder}/server.pem\n  key_file: {folder}/server.key\n  client_ca_file: \
             {folder}/ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n"
        ),
    );
    let Some(server) = Server::prometheus(Some(&web)).await else { return };
    let mut config = Config::new(format!("https://127.0.0.1:{}", server.port));
    config.tls.ca_pem = Some(certificates.text("ca.pem"));
    check(&config, Err((ErrorKind::Tls, "client certificate"))).await;
    let pair = |certificate: &str, key: &str| {
        Some(ClientCertificate {
            certificate_pem: certificates.text(certificate),
            key_pem: Secret::new(certificates.text(key)),
        })
    };
    config.tls.client = pair("client.pem", "client.key");
    check(&config, Ok(())).await;
    config.tls.client = pair("other.pem", "other.key");
    check(&config, Err((ErrorKind::Tls, "client certificate"))).await;
    config.tls.client = pair("client.pem", "server.key");
    check(&config, Err((ErrorKind::Configuration, "do not work together"))).await;
    config.tls.client = pair("client.pem", "client.pem");
    check(&config, Err((ErrorKind::Configuration, "private key"))).await;
}
