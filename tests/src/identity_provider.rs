//! A real OpenID provider, and a browser that signs in there.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response, Url};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::environment::oidc_folder;

/// More steps than any sign-in has.
const MOST_STEPS: usize = 20;

/// A process that ends with this value.
#[derive(Debug)]
pub struct IdentityProvider {
    /// Its address.
    pub issuer: String,
    _process: Child,
    /// A process that cannot write any more would end.
    _output: Lines<BufReader<ChildStdout>>,
}

impl IdentityProvider {
    /// Starts one; `None` where there is none to start.
    pub async fn start() -> Option<Self> {
        let folder = oidc_folder()?;
        let mut process = Command::new("node")
            .arg(Path::new(&folder).join("provider.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("node");
        let mut lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let issuer = lines.next_line().await.expect("a line").expect("the provider's address");
        Some(Self { issuer, _process: process, _output: lines })
    }
}

/// Somebody's browser at the provider.
#[derive(Debug)]
pub struct Browser {
    http: Client,
    cookies: BTreeMap<String, String>,
}

/// What a person does at the provider.
#[derive(Debug, Clone, Copy)]
pub enum Person<'a> {
    /// Signs in and agrees to what we ask to be told.
    SignsIn(&'a str),
    /// Goes away.
    GivesUp,
}

impl Default for Browser {
    fn default() -> Self {
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { http, cookies: BTreeMap::new() }
    }
}

impl Browser {
    /// Goes where it is sent, and fills in forms, until it is sent to a path that ends like this; answers that address.
    pub async fn goes(&mut self, from: &str, until: &str, person: Person<'_>) -> Url {
        let mut at = Url::parse(from).expect("an address");
        for _ in 0..MOST_STEPS {
            if at.path().ends_with(until) {
                return at;
            }
            let response = self.get(&at).await;
            at = match (response.headers().get(LOCATION), person) {
                (Some(_), _) => next(&at, &response),
                (None, Person::GivesUp) => {
                    let response = self.get(&at.join(&format!("{}/abort", at.path())).expect("an address")).await;
                    next(&at, &response)
                }
                (None, Person::SignsIn(name)) => {
                    let page = response.text().await.expect("a page");
                    let response = self.fill_in(&at, &page, name).await;
                    next(&at, &response)
                }
            };
        }
        panic!("the sign-in never ends; it is at {at}");
    }

    async fn fill_in(&mut self, at: &Url, page: &str, name: &str) -> Response {
        assert!(page.contains("<form"), "{at}: {page}");
        let fields = if page.contains("name=\"login\"") {
            vec![("prompt", "login"), ("login", name), ("password", "any")]
        } else {
            vec![("prompt", "consent")]
        };
        let request = self.http.post(at.clone()).header(COOKIE, self.jar()).form(&fields);
        self.sent(request).await
    }

    async fn get(&mut self, url: &Url) -> Response {
        let request = self.http.get(url.clone()).header(COOKIE, self.jar());
        self.sent(request).await
    }

    async fn sent(&mut self, request: reqwest::RequestBuilder) -> Response {
        let response = request.send().await.expect("the provider answers");
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().expect("text").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    fn jar(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}

fn next(at: &Url, response: &Response) -> Url {
    let location = response.headers().get(LOCATION).unwrap_or_else(|| panic!("{at} answers {}", response.status()));
    at.join(location.to_str().expect("text")).expect("an address")
}
