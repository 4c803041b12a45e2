//! `jqa login --sso`: a person signs in in the browser, which comes back to a port of this machine with a code.

use std::io::IsTerminal as _;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use shared::crypto::{challenge, random_text};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// How long a person has to sign in; the server gives no longer.
const PATIENCE: Duration = Duration::from_secs(600);

/// How long one connection may take to say what it wants.
const REQUEST_WITHIN: Duration = Duration::from_secs(5);

/// The longest request that is read.
const LARGEST: usize = 16 * 1024;

/// What the server exchanges for a token.
pub(super) struct SignedIn {
    /// What the browser brought.
    pub(super) code: String,
    /// What proves that the sign-in began here: the browser never saw it.
    pub(super) verifier: String,
}

/// Asks the person to sign in at the server's provider.
///
/// # Errors
/// When there is no free port, or nobody signs in.
pub(super) async fn sign_in(base: &str) -> anyhow::Result<SignedIn> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("there is no free port for the browser to come back to")?;
    let (state, verifier) = (random_text(), random_text());
    let back = format!("http://127.0.0.1:{}/?state={state}", listener.local_addr()?.port());
    let url = Url::parse_with_params(
        &format!("{base}/api/v1/auth/oidc/start"),
        [("return_to", back), ("code_challenge", challenge(&verifier))],
    )?;
    eprintln!("Sign in in the browser:\n\n  {url}\n");
    if std::io::stderr().is_terminal() {
        open(&url);
    }
    let waiting = tokio::time::timeout(PATIENCE, listen(&listener, &state)).await;
    let code = waiting.context("nobody signed in within ten minutes")??;
    Ok(SignedIn { code, verifier })
}

/// Opens the browser where there is one; the address is on the screen in any case.
fn open(url: &Url) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = tokio::process::Command::new(program);
    let _ = command.arg(url.as_str()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

/// Waits for the browser that was sent away with this `state`; others on this machine are turned away.
async fn listen(listener: &TcpListener, state: &str) -> anyhow::Result<String> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        let code = tokio::time::timeout(REQUEST_WITHIN, asked(&mut stream)).await.ok().flatten();
        let code = code.and_then(|target| code_of(&target, state));
        let (status, words) = match code {
            Some(_) => ("200 OK", "You have signed in. You can close this page and go back to the terminal."),
            None => ("404 Not Found", "This is not the sign-in that the terminal waits for."),
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{words}",
            words.len()
        );
        // The code is what counts, not whether the browser waited for our words.
        let _ = stream.write_all(answer.as_bytes()).await;
        if let Some(code) = code {
            let _ = stream.shutdown().await;
            return Ok(code);
        }
    }
}

/// The target of a request, when it is a `GET`.
async fn asked(stream: &mut TcpStream) -> Option<String> {
    let (mut request, mut chunk) = (Vec::new(), [0u8; 1024]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < LARGEST {
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        request.extend_from_slice(&chunk[..read]);
    }
    let text = String::from_utf8_lossy(&request);
    let target = text.lines().next()?.strip_prefix("GET ")?.split(' ').next()?;
    Some(target.to_owned())
}

fn code_of(target: &str, state: &str) -> Option<String> {
    let url = Url::parse("http://127.0.0.1/").ok()?.join(target).ok()?;
    let value = |name: &str| url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    value("code").filter(|code| !code.is_empty() && value("state").as_deref() == Some(state))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn says(port: u16, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn only_the_browser_that_was_sent_away_brings_the_code() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let listening = tokio::spawn(async move { listen(&listener, "s").await });
        for strange in [
            "GET /favicon.ico HTTP/1.1\r\n\r\n",
            "GET /?state=x&code=c HTTP/1.1\r\n\r\n",
            "POST /?state=s&code=c HTTP/1.1\r\n\r\n",
            "\r\n\r\n",
        ] {
            assert!(says(port, strange).await.starts_with("HTTP/1.1 404"), "{strange}");
        }
        let answer = says(port, "GET /?state=s&code=a%2Db HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("close this page"), "{answer}");
        assert_eq!(listening.await.unwrap().unwrap(), "a-b");
    }
}
