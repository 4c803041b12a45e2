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
