//! What all HTTP clients begin with.

use std::sync::{Arc, LazyLock};

use reqwest::{Client, ClientBuilder};
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls_platform_verifier::BuilderVerifierExt;

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
}
