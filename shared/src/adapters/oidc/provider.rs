//! The identity provider: what it publishes, where people sign in, and what a code is worth.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::JwkSet;
use reqwest::RequestBuilder;
use reqwest::header::ACCEPT;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::attempt::Attempt;
use super::id_token::{self, Expected, Unbelieved};
use crate::adapters::http::{Secret, USER_AGENT, client, excerpt, exchange};
use crate::domain::identity::{RoleClaim, Vouched};
use crate::ports::Clock;

/// Time limit of a call.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest answer.
const LARGEST: usize = 512 * 1024;

/// How long what the provider publishes is remembered.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// How soon keys are fetched again because a token names one that is not known.
const REFETCH: Duration = Duration::from_secs(60);

/// The provider of the settings.
#[derive(Debug, Clone)]
pub struct OidcSettings {
    /// Where discovery begins; what tokens must name.
    pub issuer: Url,
    /// The provider's spelling of the issuer: with or without a slash at its end.
    pub issuer_text: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there; empty = a public client.
    pub client_secret: Secret,
    /// What we ask to be told.
    pub scopes: String,
    /// Who has which role.
    pub roles: RoleClaim,
    /// Whether accounts that were there before are linked by a checked e-mail.
    pub link_by_email: bool,
}

/// Why nobody came in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// The provider does not answer, or not as providers do.
    #[error("the identity provider {0}")]
    Away(String),
    /// It does not take the code.
    #[error("the identity provider does not accept the sign-in: {0}")]
    Refused(String),
    /// Its token is not believed.
    #[error("{0}")]
    Unbelieved(String),
}

#[derive(Debug, Clone, Deserialize)]
struct Published {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

#[derive(Debug, Clone)]
struct Known {
    published: Arc<Published>,
    keys: Arc<JwkSet>,
    since: Instant,
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: String,
}

/// A provider, found by discovery when it is first needed.
pub struct Provider {
    settings: OidcSettings,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    known: Mutex<Option<Known>>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Provider {
    /// A provider; nothing is asked yet.
    pub fn new(settings: OidcSettings, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let http = client().user_agent(USER_AGENT).timeout(TIMEOUT).build()?;
        Ok(Self { settings, http, clock, known: Mutex::default() })
    }

    /// What it was made of.
    #[must_use]
    pub fn settings(&self) -> &OidcSettings {
        &self.settings
    }

    /// Where to sign in.
    pub async fn sign_in_url(&self, attempt: &Attempt, redirect_uri: &str) -> Result<Url, OidcError> {
        let mut url = self.known().await?.published.authorization_endpoint.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", &self.settings.scopes)
            .append_pair("state", &attempt.state)
            .append_pair("nonce", &attempt.nonce)
            .append_pair("code_challenge", &attempt.challenge())
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    /// Who signed in.
    pub async fn redeem(&self, code: &str, attempt: &Attempt, redirect_uri: &str) -> Result<Vouched, OidcError> {
        let known = self.known().await?;
        let token = self.exchange(&known.published, code, attempt, redirect_uri).await?;
        let claims = match self.verified(&token, &known.keys, attempt) {
            Err(Unbelieved::UnknownKey) => {
                let keys = self.fresh_keys(&known).await?;
                self.verified(&token, &keys, attempt)
            }
            done => done,
        };
        let claims = claims.map_err(|why| OidcError::Unbelieved(why.to_string()))?;
        Ok(self.vouched(&claims))
    }

    fn verified(&self, token: &str, keys: &JwkSet, attempt: &Attempt) -> Result<Value, Unbelieved> {
        let expected = Expected {
            issuer: &self.settings.issuer_text,
            client_id: &self.settings.client_id,
            nonce: &attempt.nonce,
            now: self.clock.now_ms() / 1000,
        };
        id_token::verify(token, keys, &expected)
    }

    fn vouched(&self, claims: &Value) -> Vouched {
        let text = |name: &str| claims[name].as_str().map(|text| excerpt(text, 320)).filter(|text| !text.is_empty());
        let email = text("email").map(|email| email.to_lowercase()).filter(|email| email.contains('@'));
        Vouched {
            issuer: self.settings.issuer_text.clone(),
            subject: claims["sub"].as_str().unwrap_or_default().to_owned(),
            email,
            // Some providers write it as text.
            email_verified: claims["email_verified"] == true || claims["email_verified"] == "true",
            name: text("name").or_else(|| text("preferred_username")),
            role: self.settings.roles.role(claims),
        }
    }

    async fn exchange(
        &self,
        published: &Published,
        code: &str,
        attempt: &Attempt,
        redirect_uri: &str,
    ) -> Result<String, OidcError> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", &attempt.verifier),
        ];
        let (id, secret) = (self.settings.client_id.as_str(), self.settings.client_secret.expose());
        let methods = &published.token_endpoint_auth_methods_supported;
        let takes = |name: &str| methods.iter().any(|method| method == name);
        let mut request = self.http.post(published.token_endpoint.clone());
        if secret.is_empty() {
            form.push(("client_id", id));
        } else if takes("client_secret_post") && !takes("client_secret_basic") {
            form.extend([("client_id", id), ("client_secret", secret)]);
        } else {
            // RFC 6749 §2.3.1: both are form-encoded before they become a user name and a password.
            request = request.basic_auth(encoded(id), Some(encoded(secret)));
        }
        let answer: TokenAnswer = self.json(request.form(&form), "its token endpoint").await?;
        Ok(answer.id_token)
    }

    async fn known(&self) -> Result<Known, OidcError> {
        let remembered = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match remembered.filter(|known| self.clock.monotonic().duration_since(known.since) < REMEMBERED) {
            Some(known) => Ok(known),
            None => self.discover().await,
        }
    }

    /// The keys of now, unless they were fetched just before.
    async fn fresh_keys(&self, known: &Known) -> Result<Arc<JwkSet>, OidcError> {
        if self.clock.monotonic().duration_since(known.since) < REFETCH {
            return Ok(Arc::clone(&known.keys));
        }
        Ok(self.discover().await?.keys)
    }

    async fn discover(&self) -> Result<Known, OidcError> {
        let address = format!("{}/.well-known/openid-configuration", self.settings.issuer_text.trim_end_matches('/'));
        let published: Published = self.json(self.http.get(address), "its discovery document").await?;
        if published.issuer != self.settings.issuer_text {
            let named = excerpt(&published.issuer, 200);
            return Err(OidcError::Away(format!(
                "names itself '{named}', which should be what JQA_OIDC_ISSUER says, to the letter"
            )));
        }
        let is_plain = self.settings.issuer.scheme() == "http";
        for url in [&published.authorization_endpoint, &published.token_endpoint, &published.jwks_uri] {
            if url.scheme() != "https" && !(is_plain && url.scheme() == "http") {
                return Err(OidcError::Away("publishes an address that is not https".to_owned()));
            }
        }
        let keys: JwkSet = self.json(self.http.get(published.jwks_uri.clone()), "its list of keys").await?;
        let known = Known { published: Arc::new(published), keys: Arc::new(keys), since: self.clock.monotonic() };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder, what: &str) -> Result<T, OidcError> {
        let answer = exchange(request.header(ACCEPT, "application/json"), LARGEST).await;
        let answer = answer.map_err(|error| OidcError::Away(format!("does not answer ({what}): {error}")))?;
        if answer.is_success() {
            // The parser's message could show a token.
            return serde_json::from_slice(&answer.body)
                .map_err(|_| OidcError::Away(format!("sends something else than {what}")));
        }
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match said["error"].as_str() {
            Some(error) if (400..500).contains(&answer.status) => Err(OidcError::Refused(excerpt(error, 100))),
            _ => Err(OidcError::Away(format!("answers {} ({what})", answer.status))),
        }
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
