//! What can be said about a URL before anything is looked up.

use std::net::IpAddr;

use url::{Host, Url};

use super::address::{Network, is_public};

/// Where webhooks may go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutboundPolicy {
    /// Networks that are allowed although they are not public, and on which any port is allowed.
    pub allow: Vec<Network>,
    /// Whether plain `http` is allowed.
    pub allow_http: bool,
}

/// Why a URL is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlProblem {
    /// Not an absolute URL.
    #[error("this is not a URL; it should look like https://host.example/path")]
    NotAUrl,
    /// Another scheme than those allowed.
    #[error("a webhook needs an https address")]
    Scheme,
    /// A name or password in the URL.
    #[error("a webhook address may not hold a user name or password")]
    UserInfo,
    /// Another port than those of the schemes.
    #[error("port {0} is not allowed; an administrator can allow the network with JQA_OUTBOUND_ALLOW")]
    Port(u16),
    /// An address that is not public, or a name for one.
    #[error("{0} is not a public address; an administrator can allow its network with JQA_OUTBOUND_ALLOW")]
    Address(String),
}

impl OutboundPolicy {
    /// Whether a connection to the address is allowed. `listed` = only to what the allow list names.
    #[must_use]
    pub fn permits(&self, address: IpAddr, listed: bool) -> bool {
        self.allow.iter().any(|network| network.contains(address)) || (!listed && is_public(address))
    }

    /// Reads a URL that a user gave. Names are not looked up: what they stand for is checked when a connection is made.
    pub fn check_url(&self, text: &str) -> Result<Url, UrlProblem> {
        let url = Url::parse(text.trim()).map_err(|_| UrlProblem::NotAUrl)?;
        let host = match url.scheme() {
            "https" => url.host(),
            "http" if self.allow_http => url.host(),
            _ => return Err(UrlProblem::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlProblem::UserInfo);
        }
        let listed = Self::is_unusual_port(&url);
        let refused = |address: IpAddr| !self.permits(address, listed);
        match host.ok_or(UrlProblem::NotAUrl)? {
            Host::Ipv4(v4) if refused(v4.into()) => Err(refusal(&url, v4.into())),
            Host::Ipv6(v6) if refused(v6.into()) => Err(refusal(&url, v6.into())),
            Host::Domain(name) if is_local(name) && self.allow.is_empty() => Err(UrlProblem::Address(name.to_owned())),
            Host::Domain(_) if listed && self.allow.is_empty() => Err(UrlProblem::Port(url.port().unwrap_or(0))),
            _ => Ok(url),
        }
    }

    /// Whether the port is one that only listed networks may be asked on.
    pub(super) fn is_unusual_port(url: &Url) -> bool {
        !matches!(url.port_or_known_default(), Some(80 | 443))
    }
}

fn refusal(url: &Url, address: IpAddr) -> UrlProblem {
    if is_public(address) { UrlProblem::Port(url.port().unwrap_or(0)) } else { UrlProblem::Address(address.to_string()) }
}

/// Names that never stand for a public address.
fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or_default();
    ["localhost", "local", "internal", "localdomain", "home", "lan", "arpa"].contains(&last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str) -> Result<String, UrlProblem> {
        OutboundPolicy { allow: Vec::new(), allow_http: true }.check_url(text).map(String::from)
    }

    #[test]
    fn public_addresses_and_names_pass() {
        for text in ["https://hooks.example/x?y=1", "http://hooks.example:80/", "https://8.8.8.8/", "https://[2606:4700::1111]/"]
        {
            assert!(check(text).is_ok(), "{text}");
        }
        assert_eq!(OutboundPolicy::default().check_url("http://hooks.example/"), Err(UrlProblem::Scheme));
    }

    #[test]
    fn every_spelling_of_a_private_address_is_refused() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "0177.0.0.1",
            "127.0.0.1.",
            "0",
            "10.1.2.3",
            "169.254.169.254",
            "192.168.0.1",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[fe80::1]",
            "[fc00::1]",
            "localhost",
            "LOCALHOST.",
            "x.localhost",
            "metadata.google.internal",
            "①②⑦.0.0.1",
            "127。0。0。1",
            "１２７.0.0.1",
        ] {
            let problem = check(&format!("http://{host}/"));
            assert!(matches!(problem, Err(UrlProblem::Address(_))), "{host}: {problem:?}");
        }
    }

    #[test]
    fn other_schemes_ports_users_and_nonsense_are_refused() {
        for text in ["file:///etc/passwd", "gopher://8.8.8.8/", "ftp://8.8.8.8/", "javascript:1", "data:x"] {
            assert_eq!(check(text), Err(UrlProblem::Scheme), "{text}");
        }
        for text in ["", "x", "//h/x", "http://", "https://[fe80::1%25eth0]/", "http://h:99999/", "http://a b/"] {
            assert_eq!(check(text), Err(UrlProblem::NotAUrl), "{text}");
        }
        for text in ["http://good@127.0.0.1/", "https://a:b@hooks.example/", "https://:b@hooks.example/"] {
            assert_eq!(check(text), Err(UrlProblem::UserInfo), "{text}");
        }
        assert_eq!(check("https://hooks.example:8443/"), Err(UrlProblem::Port(8443)));
        assert_eq!(check("https://8.8.8.8:22/"), Err(UrlProblem::Port(22)));
    }

    #[test]
    fn a_listed_network_is_allowed_on_any_port() {
        let policy = OutboundPolicy { allow: vec!["10.1.0.0/16".parse().unwrap()], allow_http: true };
        assert!(policy.check_url("http://10.1.2.3:8080/").is_ok());
        assert!(policy.check_url("http://10.2.2.3/").is_err());
        assert!(policy.check_url("http://8.8.8.8:8080/").is_err());
        assert!(policy.check_url("http://ci.internal:8080/").is_ok(), "judged by its address when it is connected to");
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in any::<String>()) {
            let _ = check(&text);
            let _ = check(&format!("http://{text}/"));
        }

        #[test]
        fn no_literal_passes_that_is_not_public(bits in any::<u32>()) {
            let address = std::net::Ipv4Addr::from(bits);
            prop_assert_eq!(check(&format!("http://{bits}/")).is_ok(), is_public(address.into()));
        }
    }
}
