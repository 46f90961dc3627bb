//! Certificate and key, read at the start and whenever they were replaced.

use crate::settings::TlsFiles;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file holds no certificate.
    #[error("{} holds no certificate in PEM form", path.display())]
    NoCertificate {
        /// Which.
        path: PathBuf,
    },
    /// A file holds no key.
    #[error("{} holds no private key in PEM form", path.display())]
    NoKey {
        /// Which.
        path: PathBuf,
    },
    /// Certificate and key cannot be used together.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// What speaks TLS with clients.
#[derive(Debug)]
pub(crate) struct Tls {
    files: TlsFiles,
    current: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    pub(crate) fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let current = RwLock::new(Arc::new(read(&files)?));
        Ok(Self { files, current })
    }

    /// Reads the files again; what is in force stays if they cannot be used. Connections there are keep theirs.
    pub(crate) fn reload(&self) -> Result<(), TlsError> {
        let next = Arc::new(read(&self.files)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    pub(crate) fn certificates(&self) -> &Path {
        &self.files.certificates
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

fn read(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let text =
        |path: &PathBuf| std::fs::read(path).map_err(|source| TlsError::Read { path: path.clone(), source });
    let certificates: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&text(&files.certificates)?)
            .collect::<Result<_, pem::Error>>()
            .unwrap_or_default();
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate { path: files.certificates.clone() });
    }
    let key = PrivateKeyDer::from_pem_slice(&text(&files.key)?)
        .map_err(|_| TlsError::NoKey { path: files.key.clone() })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn pem(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../client/tests/tls").join(name)
    }

    #[test]
    fn what_is_wrong_with_the_files_is_told() {
        let load = |certificates: &str, key: &str| {
            let files = TlsFiles { certificates: pem(certificates), key: pem(key) };
            Tls::load(files)
                .map(drop)
                .map_err(|error| error.to_string().replace(env!("CARGO_MANIFEST_DIR"), ""))
        };
        assert_eq!(load("server.pem", "server.key"), Ok(()));
        assert!(load("missing.pem", "server.key").unwrap_err().starts_with("cannot read"));
        assert!(load("make.sh", "server.key").unwrap_err().ends_with("holds no certificate in PEM form"));
        assert!(load("server.pem", "ca.pem").unwrap_err().ends_with("holds no private key in PEM form"));
        assert!(
            load("server.pem", "client.key").unwrap_err().starts_with("certificate and key cannot be used")
        );
    }

    #[test]
    fn a_reload_that_fails_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let files = TlsFiles { certificates: folder.path().join("c"), key: folder.path().join("k") };
        std::fs::copy(pem("server.pem"), &files.certificates).unwrap();
        std::fs::copy(pem("server.key"), &files.key).unwrap();
        let tls = Tls::load(files.clone()).unwrap();
        let before = Arc::clone(&tls.current.read().unwrap());
        std::fs::write(&files.key, "nothing").unwrap();
        assert!(tls.reload().is_err());
        assert!(Arc::ptr_eq(&before, &tls.current.read().unwrap()));
        std::fs::copy(pem("server.key"), &files.key).unwrap();
        tls.reload().unwrap();
        assert!(!Arc::ptr_eq(&before, &tls.current.read().unwrap()));
    }
}
