//! Single sign-on: what travels in the browser meanwhile, and where it may go afterwards.

use serde::{Deserialize, Serialize};
use shared::adapters::oidc::{Attempt, Provider};
use shared::crypto::{Place, Sealer};
use url::{Host, Url};
use uuid::Uuid;

/// How long a person has to sign in, in seconds.
const PATIENCE: i64 = 600;

/// The cookie is sealed for this place and opens nowhere else.
const PLACE: Place = Place { table: "cookies", id: Uuid::nil(), column: COOKIE };

/// The cookie's name.
const COOKIE: &str = "jqa_sign_in";

/// Where the cookie is sent.
const COOKIE_PATH: &str = "/api/v1/auth/oidc";

/// An identity provider, and what seals the secrets of a sign-in.
#[derive(Debug)]
pub struct Sso {
    /// The provider.
    pub provider: Provider,
    /// Seals the cookie.
    pub sealer: Sealer,
}

/// A sign-in under way. No server remembers it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Begun {
    pub(crate) attempt: Attempt,
    pub(crate) return_to: String,
    /// What the code that comes out of it is bound to.
    pub(crate) challenge: String,
    /// Seconds since the epoch.
    pub(crate) until: i64,
}

impl Begun {
    pub(crate) fn new(return_to: String, challenge: String, now_ms: i64) -> Self {
        Self { attempt: Attempt::begin(), return_to, challenge, until: now_ms / 1000 + PATIENCE }
    }
}

impl Sso {
    /// `Set-Cookie` of a sign-in that begins. `Lax`: the provider sends the browser back from another site.
    pub(crate) fn cookie(&self, begun: &Begun, public_url: &Url) -> String {
        let sealed = self.sealer.seal(PLACE, &shared::domain::json::to_json(begun));
        format!("{COOKIE}={sealed}; Path={COOKIE_PATH}; Max-Age={PATIENCE}; HttpOnly; SameSite=Lax{}", secure(public_url))
    }

    /// `Set-Cookie` of a sign-in that ended.
    pub(crate) fn no_cookie(public_url: &Url) -> String {
        format!("{COOKIE}=; Path={COOKIE_PATH}; Max-Age=0; HttpOnly; SameSite=Lax{}", secure(public_url))
    }

    /// The sign-in that these cookies belong to, if it is not over.
    pub(crate) fn begun(&self, cookies: &str, now_ms: i64) -> Option<Begun> {
        let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
        let (_, sealed) = pairs.find(|(name, _)| *name == COOKIE)?;
        let begun: Begun = serde_json::from_str(&self.sealer.open(PLACE, sealed).ok()?).ok()?;
        (begun.until > now_ms / 1000).then_some(begun)
    }
}

fn secure(public_url: &Url) -> &'static str {
    if public_url.scheme() == "https" { "; Secure" } else { "" }
}

/// Where the browser goes after the sign-in: to a page of ours, or to a program on the person's own machine. Anywhere else
/// the code would be somebody else's.
pub(crate) fn return_to(wanted: &str, public_url: &Url) -> Option<Url> {
    let is_odd = wanted.len() > 2048 || wanted.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\');
    let url = public_url.join(wanted).ok().filter(|_| !is_odd)?;
    let is_plain = url.username().is_empty() && url.password().is_none();
    let is_ours = url.origin() == public_url.origin();
    let is_near = url.scheme() == "http"
        && match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(_)) | None => false,
        };
    (is_plain && (is_ours || is_near)).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_sent_to_our_pages_and_its_own_machine_and_nowhere_else() {
        let public = Url::parse("https://jqa.example/").unwrap();
        let to = |wanted: &str| return_to(wanted, &public).map(String::from);
        assert_eq!(to("/stories?x=1").as_deref(), Some("https://jqa.example/stories?x=1"));
        assert_eq!(to("").as_deref(), Some("https://jqa.example/"));
        assert_eq!(to("https://jqa.example/a").as_deref(), Some("https://jqa.example/a"));
        assert_eq!(to("http://127.0.0.1:4711/?state=s").as_deref(), Some("http://127.0.0.1:4711/?state=s"));
        assert_eq!(to("http://[::1]:4711/").as_deref(), Some("http://[::1]:4711/"));
        for elsewhere in [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example/",
            "\\\\evil.example",
            "https:evil.example",
            "https://jqa.example.evil.example/",
            "https://jqa.example@evil.example/",
            "https://me:secret@jqa.example/",
            "http://jqa.example/",
            "https://jqa.example:8443/",
            "http://127.0.0.1.evil.example/",
            "http://localhost.evil.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "/\t/evil.example",
            "http://10.0.0.1/",
        ] {
            let sent = to(elsewhere);
            assert!(sent.as_deref().is_none_or(|url| url.starts_with("https://jqa.example/")), "{elsewhere} leads to {sent:?}");
        }
    }
}
