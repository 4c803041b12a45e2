//! Who is calling: arguments, environment and the kept login put together.

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::Context as _;

use crate::args::ConnectArgs;
use crate::client::credentials::{self, Credentials};
use crate::client::{Client, Identity, Renewal};
use crate::exit::UsageError;

const DEFAULT_URL: &str = "http://127.0.0.1:8000";

/// A client as this user: arguments and environment first, then the kept login.
///
/// # Errors
/// When the URL is none, or the kept login cannot be read and is needed.
pub(crate) fn client(connect: &ConnectArgs) -> anyhow::Result<Client> {
    let needs_kept = connect.url.is_none() || (given_token(connect).is_none() && renewal(connect).is_none());
    let kept = if needs_kept { kept(connect)? } else { None };
    Ok(Client::new(identity(connect, kept))?)
}

/// The kept login, when there is one.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn kept(connect: &ConnectArgs) -> anyhow::Result<Option<Credentials>> {
    credentials::path(connect.config_home.as_deref()).map_or(Ok(None), |path| credentials::read(&path))
}

/// An empty variable is as good as none.
fn given_token(connect: &ConnectArgs) -> Option<String> {
    connect.token.clone().filter(|token| !token.trim().is_empty())
}

fn identity(connect: &ConnectArgs, kept: Option<Credentials>) -> Identity {
    let url =
        connect.url.clone().or_else(|| kept.as_ref().map(|kept| kept.url.clone())).unwrap_or_else(|| DEFAULT_URL.to_owned());
    // A token goes to the server that issued it and to no other.
    let same_server = |kept: &Credentials| kept.url.trim_end_matches('/') == url.trim().trim_end_matches('/');
    let (given, by_password) = (given_token(connect), renewal(connect));
    let kept = kept.filter(|kept| given.is_none() && by_password.is_none() && same_server(kept));
    let kept_in = kept.as_ref().and_then(|_| credentials::path(connect.config_home.as_deref())).map(Renewal::Kept);
    Identity { url, token: given.or_else(|| kept.map(|kept| kept.token)), renewal: by_password.or(kept_in) }
}

fn renewal(connect: &ConnectArgs) -> Option<Renewal> {
    let (email, password) = (connect.email.clone()?, connect.password.clone()?);
    Some(Renewal::Password { email, password })
}

/// A password: from the environment, typed, or the first line of stdin.
///
/// # Errors
/// When there is none.
pub(crate) async fn password(connect: &ConnectArgs) -> anyhow::Result<String> {
    ask(connect, false).await
}

/// The same for a password that is to be set: typed twice.
///
/// # Errors
/// When there is none, or the two differ.
pub(crate) async fn new_password(connect: &ConnectArgs) -> anyhow::Result<String> {
    ask(connect, true).await
}

async fn ask(connect: &ConnectArgs, twice: bool) -> anyhow::Result<String> {
    if let Some(password) = &connect.password {
        return Ok(password.clone());
    }
    let typed =
        tokio::task::spawn_blocking(move || read_password(twice)).await.context("the password could not be asked for")??;
    if typed.is_empty() { Err(UsageError("the password is empty".to_owned()).into()) } else { Ok(typed) }
}

fn read_password(twice: bool) -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("the password could not be read from stdin")?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let password = rpassword::prompt_password("Password: ").context("the password could not be read")?;
    if twice && rpassword::prompt_password("Once more: ").context("the password could not be read")? != password {
        return Err(UsageError("the two passwords differ".to_owned()).into());
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Credentials {
        Credentials {
            url: "https://a.example".to_owned(),
            email: "e@x".to_owned(),
            token: "kept".to_owned(),
            expires_at: 0,
            refresh_token: "r".to_owned(),
        }
    }

    #[test]
    fn arguments_win_over_the_kept_login() {
        let both =
            ConnectArgs { url: Some("https://b.example".to_owned()), token: Some("given".to_owned()), ..ConnectArgs::default() };
        let identity = identity(&both, Some(kept()));
        assert_eq!((identity.url.as_str(), identity.token.as_deref()), ("https://b.example", Some("given")));
    }

    #[test]
    fn a_kept_token_goes_to_its_own_server_alone() {
        let to = |url: Option<&str>| ConnectArgs { url: url.map(str::to_owned), ..ConnectArgs::default() };
        assert_eq!(identity(&to(None), Some(kept())).token.as_deref(), Some("kept"));
        assert_eq!(identity(&to(Some("https://a.example/")), Some(kept())).token.as_deref(), Some("kept"));
        assert_eq!(identity(&to(Some("https://b.example")), Some(kept())).token, None);
        assert_eq!(identity(&to(None), None).url, DEFAULT_URL);
    }
}
