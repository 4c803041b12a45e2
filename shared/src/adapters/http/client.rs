//! What all HTTP clients begin with.

use std::sync::{Arc, LazyLock};

use reqwest::{Client, ClientBuilder};
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::{BuilderVerifierExt, Verifier};

/// Reading the certificates that the system trusts takes some ten milliseconds, so it is done once for all clients.
static TLS: LazyLock<Option<ClientConfig>> = LazyLock::new(|| trusted().ok());

/// A client that trusts what the system trusts and follows no redirect: credentials go where they were meant to go.
pub fn client() -> ClientBuilder {
    let client = Client::builder().redirect(reqwest::redirect::Policy::none());
    match &*TLS {
        Some(tls) => client.tls_backend_preconfigured(tls.clone()),
        // Then building the client says what is wrong.
        None => client,
    }
}

/// A certificate of somebody who vouches for others.
pub type Authority = CertificateDer<'static>;

/// The same client that trusts these, too.
pub fn client_trusting(authorities: &[Authority]) -> Result<ClientBuilder, String> {
    if authorities.is_empty() {
        return Ok(client());
    }
    let tls = trusting(authorities).map_err(|error| error.to_string())?;
    Ok(Client::builder().redirect(reqwest::redirect::Policy::none()).tls_backend_preconfigured(tls))
}

/// The certificates of a text in PEM; in words, why there are none.
pub fn authorities(pem: &str) -> Result<Vec<Authority>, String> {
    let all = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    let all = all.map_err(|_| "should hold certificates in PEM, and one of them cannot be read".to_owned())?;
    if all.is_empty() {
        return Err("should hold a certificate in PEM, which begins with -----BEGIN CERTIFICATE-----".to_owned());
    }
    trusting(&all).map(|_| all).map_err(|error| format!("holds a certificate that cannot be used: {error}"))
}

fn trusting(authorities: &[Authority]) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Verifier::new_with_extra_roots(authorities.iter().cloned(), Arc::clone(&provider))?;
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(tls)
}

fn trusted() -> Result<ClientConfig, rustls::Error> {
    let mut tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(tls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trusted_certificates_can_be_read_and_used() {
        assert!(TLS.is_some());
        assert!(client().build().is_ok());
    }

    #[test]
    fn what_is_no_certificate_vouches_for_nobody() {
        for text in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"] {
            assert!(authorities(text).is_err(), "{text}");
        }
    }
}
