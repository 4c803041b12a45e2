//! Where a request really comes from. A proxy's word counts only when the proxy is one of ours.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName};
use shared::adapters::webhook::Network;
pub(crate) use shared::domain::rate::block;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Marks requests of connections that are encrypted here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OverTls;

/// The other side of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Its address; `None` when there is no connection (tests).
    pub ip: Option<IpAddr>,
    /// Whether it speaks HTTPS, to us or to a trusted proxy.
    pub is_secure: bool,
}

impl Origin {
    /// Of a request as it came in.
    pub(crate) fn of(request: &Request, trusted: &[Network]) -> Self {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip().to_canonical());
        let is_trusted = peer.is_some_and(|peer| is_in(trusted, peer));
        let is_secure = request.extensions().get::<OverTls>().is_some() || (is_trusted && says_https(request.headers()));
        Self { ip: peer.map(|peer| client(peer, request.headers(), trusted)), is_secure }
    }
}

/// Whether an address is in one of the networks.
pub(crate) fn is_in(networks: &[Network], ip: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(ip))
}

/// Walks from the right over trusted hops; the first that is not trusted is the client. A hop that is no address makes
/// the whole header worthless.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let mut client = peer;
    let lines = headers.get_all(X_FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or("?")).collect::<Vec<_>>();
    let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    while is_in(trusted, client) {
        let Some(hop) = hops.next() else { break };
        let Some(address) = address(hop.trim()) else { return peer };
        client = address;
    }
    client
}

/// An address, with or without a port.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().or_else(|_| hop.parse().map(|address: SocketAddr| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

/// The nearest proxy speaks last.
fn says_https(headers: &HeaderMap) -> bool {
    let last = headers.get_all(X_FORWARDED_PROTO).iter().next_back().and_then(|value| value.to_str().ok());
    last.and_then(|value| value.rsplit(',').next()).is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use proptest::prelude::*;

    use super::*;

    fn origin(peer: &str, headers: &[(&str, &str)], trusted: &str) -> Origin {
        let trusted: Vec<Network> = trusted.split_whitespace().map(|network| network.parse().unwrap()).collect();
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 7)));
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, axum::http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        Origin::of(&request, &trusted)
    }

    fn ip(peer: &str, forwarded: &[&str], trusted: &str) -> String {
        let headers: Vec<_> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
        origin(peer, &headers, trusted).ip.unwrap().to_string()
    }

    #[test]
    fn the_last_address_that_is_no_proxy_of_ours_is_the_client() {
        let ours = "10.0.0.0/8 fd00::/8";
        assert_eq!(ip("10.0.0.1", &["203.0.113.7"], ours), "203.0.113.7");
        assert_eq!(ip("10.0.0.1", &["1.1.1.1, 203.0.113.7, 10.0.0.2"], ours), "203.0.113.7");
        assert_eq!(ip("10.0.0.1", &["1.1.1.1", "203.0.113.7 ,10.0.0.2"], ours), "203.0.113.7");
        assert_eq!(ip("::ffff:10.0.0.1", &["[2001:db8::7]:4711"], ours), "2001:db8::7");
        assert_eq!(ip("fd00::1", &["203.0.113.7:99"], ours), "203.0.113.7");
        assert_eq!(ip("10.0.0.1", &["10.0.0.3, 10.0.0.2"], ours), "10.0.0.3", "all are ours: the farthest");
        assert_eq!(ip("10.0.0.1", &[], ours), "10.0.0.1");
    }

    #[test]
    fn garbage_leaves_the_address_of_the_peer() {
        for garbage in ["unknown", "", "203.0.113.7,", "203.0.113.7, x, 10.0.0.2", "1.2.3.4.5", "[::1", "\u{e9}"] {
            assert_eq!(ip("10.0.0.1", &[garbage], "10.0.0.0/8"), "10.0.0.1", "{garbage}");
        }
    }

    #[test]
    fn only_a_proxy_of_ours_says_that_a_request_was_encrypted() {
        let secure = |peer, proto| origin(peer, &[("x-forwarded-proto", proto)], "10.0.0.0/8").is_secure;
        assert!(secure("10.0.0.1", "https") && secure("10.0.0.1", "http, HTTPS"));
        assert!(!secure("10.0.0.1", "https, http") && !secure("10.0.0.1", "") && !secure("192.0.2.1", "https"));
    }

    #[test]
    fn a_subscriber_of_ipv6_is_one() {
        assert_eq!(block("2001:db8:1:2:3:4:5:6".parse().unwrap()).to_string(), "2001:db8:1:2::");
        assert_eq!(block("::ffff:10.1.2.3".parse().unwrap()).to_string(), "10.1.2.3");
    }

    proptest! {
        #[test]
        fn nobody_but_a_trusted_proxy_chooses_an_address(peer in any::<u32>(), forwarded in "[ -~]{0,60}") {
            let peer = IpAddr::V4(peer.into());
            prop_assume!(!is_in(&["10.0.0.0/8".parse().unwrap()], peer));
            prop_assert_eq!(ip(&peer.to_string(), &[&forwarded], "10.0.0.0/8"), peer.to_string());
        }

        #[test]
        fn behind_a_proxy_a_client_is_who_the_proxy_saw(seen in any::<u32>(), claimed in "[ -~]{0,60}") {
            let seen = IpAddr::V4(seen.into());
            prop_assume!(!is_in(&["10.0.0.0/8".parse().unwrap()], seen));
            let line = format!("{claimed}, {seen}");
            prop_assert_eq!(ip("10.0.0.1", &[&line], "10.0.0.0/8"), seen.to_string());
        }
    }
}
