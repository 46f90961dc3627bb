//! TLS settings that cost nothing until they are needed.
//!
//! The system's root certificates are some hundred kilobytes of PEM. They are read at the first handshake, so
//! a coordinator on plain http never pays for them, and a client for https is built at once.

mod chain;
mod verifier;

use crate::{BuildError, Endpoint};
pub(crate) use chain::ChainSlot;
use rustls::{
    ClientConfig,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{fs, path::Path, sync::Arc};
use verifier::LazyVerifier;

/// What the HTTP library needs for TLS, and where the chain of the last handshake will be found.
pub(crate) struct Tls {
    /// Handed to the HTTP library.
    pub(crate) config: ClientConfig,
    /// The certificates that lead from the coordinator to a trusted root.
    pub(crate) chain: Arc<ChainSlot>,
}

/// Builds the settings for one coordinator. Certificate files that cannot be used are named in a warning and
/// left out, as gitlab-runner does; the handshake then says what it misses.
pub(crate) fn build(endpoint: &Endpoint, host: &str) -> Result<Tls, BuildError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let (extra, ca_pem) = match (&endpoint.tls_texts.ca, &endpoint.tls_ca_file) {
        (Some(pem), _) => authorities(pem.clone(), "text"),
        (None, Some(path)) => read_authorities(path),
        (None, None) => (known_authorities(endpoint), None),
    };
    let chain = Arc::new(ChainSlot::new(host, ca_pem, provider.signature_verification_algorithms));
    let verifier = Arc::new(LazyVerifier::new(provider.clone(), extra, chain.clone()));
    let config = base_config(provider)?.dangerous().with_custom_certificate_verifier(verifier);
    let config = match identity(endpoint) {
        Some((certificates, key)) => match config.clone().with_client_auth_cert(certificates, key) {
            Ok(config) => config,
            Err(error) => {
                tracing::warn!(%error, "The client certificate does not fit its key, and is not used");
                config.with_no_client_auth()
            }
        },
        None => config.with_no_client_auth(),
    };
    Ok(Tls { config, chain })
}

type WantsVerifier = rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>;

fn base_config(provider: Arc<CryptoProvider>) -> Result<WantsVerifier, BuildError> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| BuildError::Tls { reason: error.to_string() })
}

/// Certificates to trust, and their text for the job.
type Authorities = (Vec<CertificateDer<'static>>, Option<String>);

fn read_authorities(path: &Path) -> Authorities {
    match fs::read_to_string(path) {
        Ok(pem) => authorities(pem, &path.display().to_string()),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "The CA file cannot be read, and is not used");
            (Vec::new(), None)
        }
    }
}

/// What a text from `path` holds.
fn authorities(pem: String, path: &str) -> Authorities {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes()).flatten().collect();
    if certificates.is_empty() {
        tracing::warn!(path, "The CA file holds no certificate, and is not used");
        return (certificates, None);
    }
    (certificates, Some(pem))
}

/// The authorities of a chain that was verified before: all but its first certificate, the server's own.
fn known_authorities(endpoint: &Endpoint) -> Vec<CertificateDer<'static>> {
    let pem = endpoint.verified_chain.as_deref().unwrap_or_default();
    CertificateDer::pem_slice_iter(pem.as_bytes()).flatten().skip(1).collect()
}

type ClientIdentity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The client's certificate and key, where both are given and usable.
fn identity(endpoint: &Endpoint) -> Option<ClientIdentity> {
    if let (Some(certificate), Some(key)) = (&endpoint.tls_texts.certificate, &endpoint.tls_texts.key) {
        let parsed = parse_identity(certificate, key.expose());
        return parsed
            .inspect_err(
                |error| tracing::warn!(%error, "The client certificate cannot be read, and is not used"),
            )
            .ok();
    }
    let (certificate, key) = (endpoint.tls_cert_file.as_deref()?, endpoint.tls_key_file.as_deref()?);
    match read_identity(certificate, key) {
        Ok(identity) => Some(identity),
        Err(error) => {
            let (certificate, key) = (certificate.display(), key.display());
            tracing::warn!(%certificate, %key, %error, "The client certificate cannot be read, and is not used");
            None
        }
    }
}

fn read_identity(certificate: &Path, key: &Path) -> Result<ClientIdentity, rustls::pki_types::pem::Error> {
    let certificates = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
    Ok((certificates, PrivateKeyDer::from_pem_file(key)?))
}

fn parse_identity(certificate: &str, key: &str) -> Result<ClientIdentity, rustls::pki_types::pem::Error> {
    let certificates =
        CertificateDer::pem_slice_iter(certificate.as_bytes()).collect::<Result<Vec<_>, _>>()?;
    Ok((certificates, PrivateKeyDer::from_pem_slice(key.as_bytes())?))
}
