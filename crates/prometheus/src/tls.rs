//! TLS: from the certificates in the settings to the configuration of a connection.

use std::{io, sync::Arc};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};

use crate::{
    config::Tls,
    error::{Error, ErrorKind},
};

/// The certificates that a connection trusts and presents.
///
/// The provider is passed explicitly and not installed for the whole process, because other parts of a program may use
/// another. Without TLS nothing is loaded, so that plain HTTP works on systems without certificate authorities.
///
/// # Errors
/// If a certificate or a key cannot be read, or neither the settings nor the system have an authority to trust.
pub fn client_config(tls: &Tls, https: bool) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(format!("TLS cannot be set up: {error}")))?;
    let builder = if tls.skip_verify {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(NoVerification(provider)))
    } else if let Some(pem) = &tls.ca_pem {
        builder.with_root_certificates(authorities(pem)?)
    } else if https {
        let verifier = rustls_platform_verifier::Verifier::new(provider).map_err(|error| {
            wrong(format!(
                "This machine has no certificate authorities that can be read ({error}): install its \
                 `ca-certificates`, or give the server's authority in the settings."
            ))
        })?;
        builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
    } else {
        builder.with_root_certificates(RootCertStore::empty())
    };
    let Some(client) = &tls.client else { return Ok(builder.with_no_client_auth()) };
    let chain = certificates(&client.certificate_pem, "client certificate")?;
    let key = PrivateKeyDer::from_pem_slice(client.key_pem.expose().as_bytes()).map_err(|_| {
        wrong("The client key: expected a PEM block with a private key (`-----BEGIN PRIVATE KEY-----`), found none.")
    })?;
    builder.with_client_auth_cert(chain, key).map_err(|error| {
        wrong(format!("The client certificate and its key do not work together: {error}. Give both of one pair."))
    })
}

fn authorities(pem: &str) -> Result<RootCertStore, Error> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(pem, "CA certificate")? {
        store
            .add(certificate)
            .map_err(|error| wrong(format!("The CA certificate cannot be trusted as an authority: {error}.")))?;
    }
    Ok(store)
}

fn certificates(pem: &str, what: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match found {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(wrong(format!(
            "The {what}: expected PEM blocks that begin with `-----BEGIN CERTIFICATE-----`, found none."
        ))),
        Err(error) => Err(wrong(format!("The {what} is damaged: {error:?}. Paste the whole PEM file."))),
    }
}

/// The TLS error in a chain of causes.
fn find<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(tls);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Some(tls);
        }
        cause = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// What a failed connection to `place` means if TLS is the cause of it, and what to do; `None` for another cause.
#[must_use]
pub fn trouble(place: &str, error: &(dyn std::error::Error + 'static)) -> Option<String> {
    use rustls::{AlertDescription as Alert, CertificateError as Certificate, Error as Tls};
    let error = find(error)?;
    let advice = match error {
        Tls::InvalidCertificate(Certificate::UnknownIssuer) => {
            "an authority that is not trusted here signed its certificate. Give that authority's certificate (CA) in \
             the settings."
        }
        Tls::InvalidCertificate(Certificate::NotValidForName | Certificate::NotValidForNameContext { .. }) => {
            "its certificate is for another name. Use a name that the certificate has."
        }
        Tls::InvalidCertificate(Certificate::Expired | Certificate::ExpiredContext { .. }) => {
            "its certificate has expired. Renew it on the server."
        }
        Tls::AlertReceived(
            Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::UnknownCA
            | Alert::CertificateUnknown
            | Alert::AccessDenied
            | Alert::HandshakeFailure,
        ) => {
            "it refused the connection, as it does when it wants a client certificate or does not trust the one shown. \
             Give a client certificate and key that it trusts."
        }
        Tls::InvalidMessage(_) => "something answers that is not TLS. Does the address begin with http://?",
        _ => "the two could not agree on a secure connection.",
    };
    Some(format!("{place}: no trusted connection: {advice} ({error})"))
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

/// Trusts any certificate, because the user asked for that.
#[derive(Debug)]
struct NoVerification(Arc<CryptoProvider>);

impl ServerCertVerifier for NoVerification {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
