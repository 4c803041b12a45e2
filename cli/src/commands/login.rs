//! `jqa login`.

use std::io::{IsTerminal as _, Write as _};

use anyhow::Context as _;

use super::{session, sso};
use crate::args::ConnectArgs;
use crate::args::local::LoginArgs;
use crate::client::{Client, Identity, credentials};
use crate::exit::{Exit, UsageError};
use crate::output;

/// Logs in and keeps the login.
pub(crate) async fn run(args: &LoginArgs, connect: &ConnectArgs) -> anyhow::Result<Exit> {
    // A damaged file must not hinder the command that mends it.
    let kept = session::kept(connect).ok().flatten();
    let url = connect.url.clone().or_else(|| kept.as_ref().map(|kept| kept.url.clone()));
    let client = Client::new(Identity { url: url.unwrap_or_else(|| "http://127.0.0.1:8000".to_owned()), ..Identity::default() })?;
    if sends_in_the_clear(client.base()) {
        eprintln!("warning: {} is not https; what you log in with travels unprotected", client.base());
    }
    let (login, credentials) = if args.sso {
        let signed_in = sso::sign_in(client.base()).await?;
        client.exchange(&signed_in.code, &signed_in.verifier).await?
    } else {
        let email = match connect.email.clone().or_else(|| kept.map(|kept| kept.email)) {
            Some(email) => email,
            None => ask_email()?,
        };
        client.login(&email, &session::password(connect).await?).await?
    };
    let path = credentials::path(connect.config_home.as_deref()).context("there is no home folder to keep the login in")?;
    credentials::write(&path, &credentials)?;
    let user = &login.user;
    output::print(&format!("Logged in to {} as {} ({}).", client.base(), user.email, user.role));
    Ok(Exit::Success)
}

fn ask_email() -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        return Err(UsageError("say who you are with --email or JQA_EMAIL".to_owned()).into());
    }
    eprint!("E-mail: ");
    std::io::stderr().flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

fn sends_in_the_clear(base: &str) -> bool {
    let Ok(url) = url::Url::parse(base) else { return false };
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    url.scheme() == "http" && !loopback
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_to_other_machines_is_warned_about() {
        assert!(sends_in_the_clear("http://jqa.example.com"));
        for url in ["https://jqa.example.com", "http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"] {
            assert!(!sends_in_the_clear(url), "{url}");
        }
    }
}
