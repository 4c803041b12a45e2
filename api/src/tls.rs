//! HTTPS without a proxy: TLS 1.2 and 1.3, HTTP/1.1, and a certificate that may be replaced while the server runs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// How often the files are looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// A certificate at work.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    files: Arc<Files>,
}

/// Why a certificate cannot be used; names the file, never what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsError(String);

/// Both files, and what they held when they were read last.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    held: Mutex<Held>,
}

struct Held {
    bytes: (Vec<u8>, Vec<u8>),
    certified: Arc<CertifiedKey>,
}

impl Tls {
    /// Reads a certificate with its chain, and its private key, both in PEM.
    pub fn open(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let bytes = (read(certificate)?, read(key)?);
        let certified = Arc::new(certified(certificate, key, &bytes, &provider)?);
        let held = Mutex::new(Held { bytes, certified });
        let files = Arc::new(Files { certificate: certificate.into(), key: key.into(), provider: Arc::clone(&provider), held });
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| TlsError(format!("TLS cannot be set up: {error}")))?
            .with_no_client_auth()
            .with_cert_resolver(files.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), files })
    }

    /// Reads the files again; `true` = they changed, and new connections get the new certificate. What cannot be used
    /// leaves the old one at work.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let Files { certificate, key, provider, held } = &*self.files;
        let bytes = (read(certificate)?, read(key)?);
        if held.lock().unwrap_or_else(PoisonError::into_inner).bytes == bytes {
            return Ok(false);
        }
        let certified = Arc::new(certified(certificate, key, &bytes, provider)?);
        *held.lock().unwrap_or_else(PoisonError::into_inner) = Held { bytes, certified };
        Ok(true)
    }

    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// Looks at the files until `stop`.
    pub(crate) async fn watch(self, stop: CancellationToken) {
        let mut told = None;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
            let tls = self.clone();
            let Ok(reloaded) = tokio::task::spawn_blocking(move || tls.reload()).await else { continue };
            match reloaded {
                Ok(true) => tracing::info!("the certificate was replaced"),
                Ok(false) => told = None,
                Err(error) if told.as_ref() != Some(&error) => {
                    tracing::warn!(%error, "the certificate was not replaced; the one before stays");
                    told = Some(error);
                }
                Err(_) => {}
            }
        }
    }
}

impl ResolvesServerCert for Files {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.held.lock().unwrap_or_else(PoisonError::into_inner).certified))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|error| TlsError(format!("{} cannot be read: {error}", path.display())))
}

fn certified(
    certificate: &Path,
    key: &Path,
    (chain, secret): &(Vec<u8>, Vec<u8>),
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, _>>()
        .ok()
        .filter(|chain: &Vec<_>| !chain.is_empty())
        .ok_or_else(|| TlsError(format!("{} holds no certificate in PEM", certificate.display())))?;
    let secret =
        PrivateKeyDer::from_pem_slice(secret).map_err(|_| TlsError(format!("{} holds no private key in PEM", key.display())))?;
    CertifiedKey::from_der(chain, secret, provider)
        .map_err(|error| TlsError(format!("{} and {} do not fit together: {error}", certificate.display(), key.display())))
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TlsError {}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("certificate", &self.files.certificate).finish_non_exhaustive()
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}
