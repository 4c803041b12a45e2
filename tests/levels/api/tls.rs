//! HTTPS without a proxy.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use api::{ServeSettings, Tls};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;
use tests::http_app::HttpApp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const PROBE: &[u8] = b"GET /docs/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// A certificate for localhost that nobody else vouches for, in two files.
struct Files {
    folder: TempDir,
    certificate: String,
}

impl Files {
    fn new() -> Self {
        let mut files = Self { folder: tempfile::tempdir().unwrap(), certificate: String::new() };
        files.renew();
        files
    }

    fn renew(&mut self) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        self.certificate = made.cert.pem();
        std::fs::write(self.path("cert.pem"), &self.certificate).unwrap();
        std::fs::write(self.path("key.pem"), made.signing_key.serialize_pem()).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> Tls {
        Tls::open(&self.path("cert.pem"), &self.path("key.pem")).unwrap()
    }
}

/// What a client that trusts `certificate` reads, and by which protocol.
async fn asked(
    address: SocketAddr,
    certificate: &str,
    version: &'static SupportedProtocolVersion,
) -> std::io::Result<(String, Option<Vec<u8>>)> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    stream.write_all(PROBE).await?;
    let mut read = String::new();
    stream.read_to_string(&mut read).await?;
    Ok((read, stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec)))
}

async fn raw(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut read = Vec::new();
    let reading = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut read)).await;
    let _ = reading.expect("the server closes");
    read
}

/// The first message of a client that knows nothing beyond TLS 1.1.
fn hello_of_1_1() -> Vec<u8> {
    let mut body = vec![3, 2];
    body.extend([7; 32]);
    body.extend([0, 0, 4, 0xc0, 0x14, 0x00, 0x35, 1, 0]);
    // Signature algorithms, so that nothing but the version is wrong.
    body.extend([0, 8, 0, 13, 0, 4, 0, 2, 4, 1]);
    let length = u8::try_from(body.len()).unwrap();
    let mut hello = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
    hello.extend(body);
    hello
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_and_nothing_older_and_nothing_plain() {
    let app = HttpApp::start().await;
    let files = Files::new();
    let settings =
        ServeSettings { tls: Some(files.open()), header_timeout: Duration::from_millis(500), ..ServeSettings::default() };
    let (address, _serving) = app.listen(settings).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (told, protocol) = asked(address, &files.certificate, version).await.unwrap();
        assert!(told.starts_with("HTTP/1.1 200"), "{told}");
        assert!(told.contains("strict-transport-security: max-age=31536000"), "{told}");
        assert_eq!(protocol.as_deref(), Some(&b"http/1.1"[..]));
    }
    let refused = raw(address, &hello_of_1_1()).await;
    assert_eq!((refused.first(), refused.last()), (Some(&21), Some(&70)), "the alert protocol_version: {refused:?}");
    let plain = raw(address, PROBE).await;
    assert!(!plain.starts_with(b"HTTP"), "{plain:?}");
    // Whoever begins no handshake is let go, and hinders nobody meanwhile.
    let silent = TcpStream::connect(address).await.unwrap();
    assert!(asked(address, &files.certificate, &rustls::version::TLS13).await.is_ok());
    drop(silent);
    assert!(raw(address, b"").await.is_empty());
}

#[tokio::test]
async fn a_certificate_is_replaced_while_the_server_runs_and_a_broken_one_is_not_taken() {
    let app = HttpApp::start().await;
    let mut files = Files::new();
    let tls = files.open();
    let (address, _serving) = app.listen(ServeSettings { tls: Some(tls.clone()), ..ServeSettings::default() }).await;
    let version = &rustls::version::TLS13;
    let first = files.certificate.clone();
    assert!(!tls.reload().unwrap(), "nothing changed");
    files.renew();
    assert!(asked(address, &first, version).await.is_ok());
    assert!(tls.reload().unwrap());
    assert!(asked(address, &first, version).await.is_err());
    assert!(asked(address, &files.certificate, version).await.is_ok());
    std::fs::write(files.path("key.pem"), "nothing").unwrap();
    let told = tls.reload().unwrap_err().to_string();
    assert!(told.ends_with("key.pem holds no private key in PEM"), "{told}");
    assert!(asked(address, &files.certificate, version).await.is_ok(), "the one before stays");
}

#[test]
fn a_certificate_that_cannot_be_used_is_named() {
    let (files, other) = (Files::new(), Files::new());
    let told = |certificate: &Path, key: &Path| Tls::open(certificate, key).unwrap_err().to_string();
    let (certificate, key) = (files.path("cert.pem"), files.path("key.pem"));
    assert!(told(&files.path("none.pem"), &key).contains("none.pem cannot be read"));
    assert!(told(&key, &key).ends_with("key.pem holds no certificate in PEM"));
    assert!(told(&certificate, &certificate).ends_with("cert.pem holds no private key in PEM"));
    assert!(told(&certificate, &other.path("key.pem")).contains("do not fit together"));
}
