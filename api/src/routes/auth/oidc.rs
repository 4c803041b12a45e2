//! Single sign-on: begin at the provider, come back from it, exchange what came of it for a token.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use shared::accounts::Proof;
use shared::crypto::{challenge, random_text};
use shared::domain::story::sha256_hex;
use shared::store::identity;
use url::Url;
use utoipa::{IntoParams, ToSchema};

use super::login::record_refusal;
use super::{GrantedView, granted};
use crate::extract::{Body, Client, Fields, FromFields, FromParams, Params, Query};
use crate::problem::{FieldError, Problem, codes};
use crate::sso::{Begun, Sso, return_to};
use crate::state::Api;

/// How long a completed sign-in waits to be exchanged.
const EXCHANGE_WITHIN: Duration = Duration::from_secs(60);

const CALLBACK: &str = "/api/v1/auth/oidc/callback";

/// Where to go afterwards.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct StartParams {
    /// A path here, or `http://127.0.0.1:PORT/…` of a program that waits there; `code` is added to its query.
    #[param(value_type = Option<String>, example = "/")]
    return_to: String,
    /// BASE64URL(SHA256(verifier)) without padding, of a secret that stays where the sign-in began (RFC 7636, `S256`).
    #[param(min_length = 43, max_length = 43, example = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")]
    code_challenge: String,
}

impl FromParams for StartParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        let (return_to, code_challenge) = (params.optional("return_to"), params.required::<String>("code_challenge"));
        let is_one =
            |text: &String| text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if code_challenge.as_ref().is_some_and(|text| !is_one(text)) {
            params.refuse("code_challenge", "should be the SHA-256 of the verifier in base64url, 43 characters");
        }
        Some(Self { return_to: return_to.unwrap_or_default(), code_challenge: code_challenge? })
    }
}

/// What a completed sign-in left.
#[derive(ToSchema)]
#[schema(as = Exchange)]
pub(in crate::routes) struct ExchangeBody {
    /// The `code` that came back, once and within a minute.
    code: String,
    /// The secret whose hash the sign-in began with.
    code_verifier: String,
}

impl FromFields for ExchangeBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (code, code_verifier) = (fields.required("code"), fields.required("code_verifier"));
        Some(Self { code: code?, code_verifier: code_verifier? })
    }
}

/// Begin single sign-on: the browser goes to the identity provider.
#[utoipa::path(get, path = "/auth/oidc/start", operation_id = "start_sso", tag = "auth", params(StartParams), security(()),
    responses((status = 302, description = "To the identity provider", headers(("Location" = String), ("Set-Cookie" = String)))))]
pub(in crate::routes) async fn start(State(api): State<Api>, Query(asked): Query<StartParams>) -> Result<Response, Problem> {
    let (sso, public_url) = set_up(&api)?;
    let goes_to = return_to(&asked.return_to, &public_url).ok_or_else(|| {
        let message = "should be a path of this server, or http://127.0.0.1:PORT/… on your own machine";
        Problem::new(codes::BAD_QUERY, "A sign-in does not lead to other servers.")
            .with_errors(vec![FieldError::invalid("return_to", message)])
    })?;
    let begun = Begun::new(goes_to.into(), asked.code_challenge, api.jobs.clock().now_ms());
    let url = sso.provider.sign_in_url(&begun.attempt, &callback_url(&public_url)).await?;
    Ok(redirect(&url, &sso.cookie(&begun, &public_url)))
}

/// Come back from the identity provider; the browser goes where `return_to` said, with a `code`.
#[utoipa::path(get, path = "/auth/oidc/callback", operation_id = "finish_sso", tag = "auth", security(()),
    params(("code" = Option<String>, Query), ("state" = Option<String>, Query), ("error" = Option<String>, Query)),
    responses((status = 302, description = "To where the sign-in began", headers(("Location" = String), ("Set-Cookie" = String)))))]
pub(in crate::routes) async fn callback(
    State(api): State<Api>,
    client: Client,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let (sso, public_url) = set_up(&api)?;
    let finished = finish(&api, sso, &public_url, &client, &headers, &uri).await;
    // A sign-in is tried once, whatever came of it.
    let no_cookie = Sso::no_cookie(&public_url);
    match finished {
        Ok(url) => Ok(redirect(&url, &no_cookie)),
        Err(problem) => {
            record_refusal(&api, &client, None, &json!({ "by": "sso", "code": problem.code().code })).await?;
            Ok(([(SET_COOKIE, no_cookie)], problem).into_response())
        }
    }
}

/// Exchange the `code` of a completed sign-in for a token, as `POST /auth/login` answers it.
#[utoipa::path(post, path = "/auth/oidc/exchange", operation_id = "exchange_sso", tag = "auth", request_body = ExchangeBody, security(()),
    responses((status = 200, body = GrantedView)))]
pub(in crate::routes) async fn exchange(
    State(api): State<Api>,
    client: Client,
    Body(body): Body<ExchangeBody>,
) -> Result<Json<GrantedView>, Problem> {
    set_up(&api)?;
    let invalid = || {
        Problem::new(codes::SSO_CODE_INVALID, "The code was used, is older than a minute, or is not one of ours; sign in again.")
    };
    let user_id =
        identity::take_sign_in(api.db(), &bound(&body.code, &challenge(&body.code_verifier))).await?.ok_or_else(invalid)?;
    let begun = api.sessions.begin(user_id, Proof::Oidc, &client.actor(None)).await?.ok_or_else(invalid)?;
    Ok(Json(granted(&api, begun).await?))
}

/// From what came back to where the browser goes.
async fn finish(api: &Api, sso: &Sso, public_url: &Url, client: &Client, headers: &HeaderMap, uri: &Uri) -> Result<Url, Problem> {
    let came = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    };
    let cookies: Vec<_> = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).collect();
    let begun = sso.begun(&cookies.join("; "), api.jobs.clock().now_ms());
    let begun = begun.filter(|begun| came("state").as_deref() == Some(&begun.attempt.state)).ok_or_else(|| {
        Problem::new(codes::SSO_STATE, "This browser did not begin the sign-in, or did so more than ten minutes ago; begin anew.")
    })?;
    // RFC 9207: a provider that names itself must be ours.
    if came("iss").is_some_and(|issuer| issuer != sso.provider.settings().issuer_text) {
        return Err(Problem::new(codes::SSO_REFUSED, "The answer comes from another identity provider."));
    }
    if let Some(error) = came("error") {
        let error: String = error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(60).collect();
        return Err(Problem::new(codes::SSO_DENIED, format!("The identity provider did not sign you in: {error}.")));
    }
    let code =
        came("code").ok_or_else(|| Problem::new(codes::SSO_REFUSED, "The identity provider sent you back without a code."))?;
    let who = sso.provider.redeem(&code, &begun.attempt, &callback_url(public_url)).await?;
    let user = api.accounts.sign_in(&who, sso.provider.settings().link_by_email, &client.actor(None)).await?;
    let code = random_text();
    let keep_ms = i64::try_from(EXCHANGE_WITHIN.as_millis()).unwrap_or(i64::MAX);
    identity::keep_sign_in(api.db(), &bound(&code, &begun.challenge), user.id, keep_ms).await?;
    let mut url = Url::parse(&begun.return_to).map_err(Problem::internal)?;
    url.query_pairs_mut().append_pair("code", &code);
    Ok(url)
}

/// What is kept of a code: nothing that lets anybody in, and only whoever began the sign-in finds it again.
fn bound(code: &str, challenge: &str) -> String {
    sha256_hex(format!("{code}.{challenge}").as_bytes())
}

fn set_up(api: &Api) -> Result<(&Sso, Url), Problem> {
    let nothing = || {
        Problem::new(
            codes::SSO_NOT_CONFIGURED,
            "Single sign-on is not set up; an administrator can set JQA_OIDC_ISSUER. Log in with a password.",
        )
    };
    let sso = api.sso.as_ref().ok_or_else(nothing)?;
    let public_url = api.settings.public_url.as_deref().unwrap_or_default();
    let public_url = Url::parse(public_url)
        .map_err(|error| Problem::internal(format!("JQA_PUBLIC_URL, which single sign-on needs: {error}")))?;
    Ok((sso, public_url))
}

fn callback_url(public_url: &Url) -> String {
    format!("{}{CALLBACK}", public_url.as_str().trim_end_matches('/'))
}

fn redirect(url: &Url, cookie: &str) -> Response {
    (StatusCode::FOUND, [(LOCATION, url.as_str()), (SET_COOKIE, cookie)]).into_response()
}
