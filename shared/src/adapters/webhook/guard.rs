//! The same guard for other clients than the sender of webhooks: those of connections that are given through the API.

use std::fmt;
use std::sync::Arc;

use reqwest::ClientBuilder;
use url::Url;

use super::policy::{OutboundPolicy, UrlProblem};
use super::resolver::{Lookup, guarded, system};

/// Lets HTTP clients reach what the policy allows and nothing else.
#[derive(Clone)]
pub struct Guard {
    policy: Arc<OutboundPolicy>,
    lookup: Lookup,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&self.policy).finish()
    }
}

impl Guard {
    /// A guard that asks the system for addresses.
    #[must_use]
    pub fn new(policy: OutboundPolicy) -> Self {
        Self { policy: Arc::new(policy), lookup: system() }
    }

    /// A guard that asks somebody else.
    #[cfg(test)]
    pub(crate) fn with_lookup(policy: OutboundPolicy, lookup: Lookup) -> Self {
        Self { policy: Arc::new(policy), lookup }
    }

    /// Reads the address of a server that a user gave; what is wrong with it in words, without its subject. Plain http
    /// would show the credentials to everybody on the way, so it is for listed networks alone.
    pub fn base_url(&self, text: &str) -> Result<Url, String> {
        let url = self.policy.check_url(text).map_err(in_words)?;
        if url.scheme() == "http" && !self.may_be_listed(&url) {
            return Err("must begin with https://; plain http is for networks listed in JQA_CONNECTIONS_ALLOW".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("may not hold a query or a fragment".to_owned());
        }
        Ok(url)
    }

    /// The client, which asks nobody else than the guard for addresses and takes no proxy, which would connect unguarded.
    pub(crate) fn over(&self, client: ClientBuilder, url: &Url) -> ClientBuilder {
        guarded(client, &self.policy, needs_list(url), &self.lookup)
    }

    /// Whether the address is in the list, or may turn out to be when it is looked up.
    fn may_be_listed(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        match host.parse() {
            Ok(address) => self.policy.permits(address, true),
            Err(_) => !self.policy.allow.is_empty(),
        }
    }
}

/// Whether only listed networks may be asked in this way.
fn needs_list(url: &Url) -> bool {
    url.scheme() == "http" || OutboundPolicy::is_unusual_port(url)
}

fn in_words(problem: UrlProblem) -> String {
    match problem {
        UrlProblem::NotAUrl => "is not a URL; it should look like https://acme.atlassian.net".to_owned(),
        UrlProblem::Scheme => "must begin with https://".to_owned(),
        UrlProblem::UserInfo => "may not hold a user name or password; they have fields of their own".to_owned(),
        UrlProblem::Port(port) => {
            format!("has the port {port}, which is for networks listed in JQA_CONNECTIONS_ALLOW")
        }
        UrlProblem::Address(address) => {
            format!(
                "leads to {address}, which is not a public address; the operator can list its network in JQA_CONNECTIONS_ALLOW"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::IpAddr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::adapters::http;

    fn public_only() -> OutboundPolicy {
        OutboundPolicy { allow: vec!["10.9.0.0/16".parse().unwrap()], allow_http: true }
    }

    /// A look-up that answers these, one list after the other.
    fn names(answers: &'static [&'static [&'static str]]) -> Lookup {
        let asked = Arc::new(AtomicUsize::new(0));
        Arc::new(move |_| {
            let n = asked.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
            let found: io::Result<Vec<IpAddr>> = Ok(answers[n].iter().map(|text| text.parse().unwrap()).collect());
            Box::pin(std::future::ready(found))
        })
    }

    async fn told(lookup: Lookup, url: &str) -> String {
        let guard = Guard::with_lookup(public_only(), lookup);
        let url = guard.base_url(url).unwrap();
        let client = guard.over(http::client(), &url).connect_timeout(std::time::Duration::from_millis(200)).build().unwrap();
        http::exchange(client.get(url), 1024).await.unwrap_err().message
    }

    #[tokio::test]
    async fn a_name_is_judged_by_every_address_it_stands_for_when_it_is_connected_to() {
        for answer in
            [&["127.0.0.1"][..], &["::1"], &["169.254.169.254"], &["::ffff:10.0.0.1"], &["fd00::1"], &["64:ff9b::a00:1"]]
        {
            let lookup: Lookup =
                Arc::new(move |_| Box::pin(std::future::ready(Ok(answer.iter().map(|text| text.parse().unwrap()).collect()))));
            assert_eq!(told(lookup, "https://rebound.example/").await, "no connection: the address is not allowed", "{answer:?}");
        }
        let mixed = names(&[&["93.184.215.14", "192.168.0.1"]]);
        assert_eq!(told(mixed, "https://rebound.example/").await, "no connection: the address is not allowed");
        let public = names(&[&["93.184.215.14"]]);
        let http = told(public, "http://plain.example/").await;
        assert_eq!(http, "no connection: the address is not allowed", "plain http is for listed networks");
    }

    #[test]
    fn listed_networks_may_be_asked_on_any_port_and_without_tls() {
        let guard = Guard::new(public_only());
        for url in ["http://10.9.1.2:8080/jira", "https://10.9.1.2:8443", "http://jira.internal:8080"] {
            assert!(guard.base_url(url).is_ok(), "{url}");
        }
        for url in [
            "http://8.8.8.8/",
            "https://10.8.1.2/",
            "https://8.8.8.8:8443/",
            "https://jira.example/?token=x",
            "https://jira.example/#x",
        ] {
            assert!(guard.base_url(url).is_err(), "{url}");
        }
    }
}
