//! The certificates a job needs to trust the coordinator too (`CI_SERVER_TLS_CA_FILE`).
//!
//! gitlab-runner hands a job its CA file, or, without one, the chain that was verified when the job was
//! fetched. The library that verifies does not tell which root it ended at, so that is looked for here, once
//! per chain and only for the coordinator itself.

use base64::Engine as _;
use rustls::{
    RootCertStore,
    client::verify_server_cert_signed_by_trust_anchor,
    crypto::WebPkiSupportedAlgorithms,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use std::sync::{Mutex, PoisonError};

/// Where the chain of one coordinator is kept.
#[derive(Debug)]
pub(crate) struct ChainSlot {
    host: String,
    ca_pem: Option<String>,
    algorithms: WebPkiSupportedAlgorithms,
    verified: Mutex<Option<Verified>>,
}

#[derive(Debug)]
struct Verified {
    presented: Vec<CertificateDer<'static>>,
    /// Made when it is first asked for.
    pem: Option<String>,
}

impl ChainSlot {
    pub(super) fn new(host: &str, ca_pem: Option<String>, algorithms: WebPkiSupportedAlgorithms) -> Self {
        let host = host.trim_matches(['[', ']']).to_owned();
        Self { host, ca_pem, algorithms, verified: Mutex::new(None) }
    }

    /// The CA file as given, else the chain of the last handshake; nothing where TLS was not used.
    pub(crate) fn pem(&self, over_tls: bool) -> Option<String> {
        if !over_tls {
            return None;
        }
        if self.ca_pem.is_some() {
            return self.ca_pem.clone();
        }
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        let verified = verified.as_mut()?;
        if verified.pem.is_none() {
            let root = find_root(&verified.presented, system_roots(), &self.algorithms);
            verified.pem = Some(verified.presented.iter().chain(&root).map(to_pem).collect());
        }
        verified.pem.clone()
    }

    /// Keeps what a trusted server presented, if it is the coordinator.
    pub(super) fn record(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
    ) {
        if self.ca_pem.is_some() || name.to_str() != self.host {
            return;
        }
        let presented = std::iter::once(end_entity).chain(intermediates);
        let presented: Vec<_> = presented.map(|certificate| certificate.clone().into_owned()).collect();
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.as_ref().is_none_or(|known| known.presented != presented) {
            *verified = Some(Verified { presented, pem: None });
        }
    }
}

/// The system's roots; what cannot be read is left out.
pub(super) fn system_roots() -> Vec<CertificateDer<'static>> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::debug!(%error, "a root certificate of this system cannot be read");
    }
    found.certs
}

/// The root that the chain ends at.
fn find_root(
    chain: &[CertificateDer<'_>],
    roots: Vec<CertificateDer<'static>>,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Option<CertificateDer<'static>> {
    let (end_entity, intermediates) = chain.split_first()?;
    let leaf = ParsedCertificate::try_from(end_entity).ok()?;
    let now = UnixTime::now();
    roots.into_iter().find(|root| {
        let mut store = RootCertStore::empty();
        store.add(root.clone()).is_ok()
            && verify_server_cert_signed_by_trust_anchor(&leaf, &store, intermediates, now, algorithms.all)
                .is_ok()
    })
}

fn to_pem(certificate: &CertificateDer<'_>) -> String {
    let encoded = base64::engine::general_purpose::STANDARD.encode(certificate);
    let mut pem = String::with_capacity(encoded.len() + encoded.len() / 64 + 60);
    pem.push_str("-----BEGIN CERTIFICATE-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = tail;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::pem::PemObject;

    fn fixture(name: &str) -> CertificateDer<'static> {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls");
        CertificateDer::from_pem_file(dir.join(name)).unwrap()
    }

    #[test]
    fn the_root_of_a_chain_is_found() {
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        let chain = [fixture("server.pem")];
        let roots = vec![fixture("self.pem"), fixture("ca.pem")];
        assert_eq!(find_root(&chain, roots, &algorithms), Some(fixture("ca.pem")));
        assert_eq!(find_root(&chain, vec![fixture("self.pem")], &algorithms), None);
    }

    #[test]
    fn only_the_coordinators_chain_is_kept() {
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        let slot = ChainSlot::new("gitlab.example", None, algorithms);
        let leaf = fixture("server.pem");
        slot.record(&leaf, &[], &ServerName::try_from("storage.example").unwrap());
        assert_eq!(slot.pem(true), None);
        slot.record(&leaf, &[], &ServerName::try_from("gitlab.example").unwrap());
        assert_eq!(slot.pem(true), Some(to_pem(&leaf)));
        assert_eq!(slot.pem(false), None);
    }

    #[test]
    fn pem_is_read_back() {
        for length in [1, 47, 48, 49, 1000] {
            let der = CertificateDer::from(vec![7_u8; length]);
            let pem = to_pem(&der);
            assert!(pem.lines().all(|line| line.len() <= 64));
            assert_eq!(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap(), der);
        }
    }
}
