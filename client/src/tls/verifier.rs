//! Decides whether a server is trusted, with roots that are read at the first handshake that needs them.

use super::ChainSlot;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use std::sync::{Arc, OnceLock};

/// Trusts the system's roots and those that are given: of the CA file, or of a chain verified before. These are
/// tried first, and mostly do.
#[derive(Debug)]
pub(super) struct LazyVerifier {
    provider: Arc<CryptoProvider>,
    extra: Vec<CertificateDer<'static>>,
    near: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
    ready: OnceLock<Result<Arc<WebPkiServerVerifier>, Error>>,
    chain: Arc<ChainSlot>,
}

impl LazyVerifier {
    pub(super) fn new(
        provider: Arc<CryptoProvider>,
        extra: Vec<CertificateDer<'static>>,
        chain: Arc<ChainSlot>,
    ) -> Self {
        Self { provider, extra, near: OnceLock::new(), ready: OnceLock::new(), chain }
    }

    /// Knows only what was given; nothing where that is nothing.
    fn near(&self) -> Option<&WebPkiServerVerifier> {
        let build = || {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(self.extra.iter().cloned());
            // Without roots it refuses, and the system's decide alone.
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone()).build().ok()
        };
        self.near.get_or_init(build).as_deref()
    }

    fn webpki(&self) -> Result<&WebPkiServerVerifier, Error> {
        let ready = self.ready.get_or_init(|| self.load());
        ready.as_deref().map_err(Clone::clone)
    }

    fn load(&self) -> Result<Arc<WebPkiServerVerifier>, Error> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(self.extra.iter().cloned());
        roots.add_parsable_certificates(super::chain::system_roots());
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone())
            .build()
            .map_err(|_| Error::General("no trusted root certificate was found on this system".to_owned()))
    }

    /// Whether the very certificate is in the CA file. Self-signed certificates made with `openssl req -x509`
    /// are authorities by their own words, which the library refuses as servers; Go takes them. Their dates
    /// were checked before this is asked, the name is checked here.
    fn is_pinned(&self, end_entity: &CertificateDer<'_>, name: &ServerName<'_>, error: &Error) -> bool {
        matches!(error, Error::InvalidCertificate(CertificateError::Other(_)))
            && self.extra.iter().any(|known| known == end_entity)
            && ParsedCertificate::try_from(end_entity)
                .is_ok_and(|cert| verify_server_name(&cert, name).is_ok())
    }
}

impl ServerCertVerifier for LazyVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verify = |webpki: &WebPkiServerVerifier| {
            webpki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        let verdict = match self.near().map(verify) {
            Some(Ok(verified)) => Ok(verified),
            Some(Err(_)) | None => verify(self.webpki()?),
        };
        match verdict {
            Ok(verified) => {
                self.chain.record(end_entity, intermediates, server_name);
                Ok(verified)
            }
            Err(error) if self.is_pinned(end_entity, server_name, &error) => {
                Ok(ServerCertVerified::assertion())
            }
            Err(error) => Err(error),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::pem::PemObject;

    fn fixture(name: &str) -> CertificateDer<'static> {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls");
        CertificateDer::from_pem_file(dir.join(name)).unwrap()
    }

    /// Whether the server of the fixtures is trusted, and whether the system's roots were read for that.
    fn verified_with(extra: &[&str]) -> (bool, bool) {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let slot = Arc::new(ChainSlot::new("127.0.0.1", None, provider.signature_verification_algorithms));
        let extra = extra.iter().map(|name| fixture(name)).collect();
        let verifier = LazyVerifier::new(provider, extra, slot);
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let verdict = verifier.verify_server_cert(&fixture("server.pem"), &[], &name, &[], UnixTime::now());
        (verdict.is_ok(), verifier.ready.get().is_some())
    }

    #[test]
    fn the_systems_roots_are_read_only_where_the_given_ones_do_not_do() {
        assert_eq!(verified_with(&["ca.pem"]), (true, false));
        assert_eq!(verified_with(&["self.pem"]), (false, true));
        assert_eq!(verified_with(&[]), (false, true));
    }
}
