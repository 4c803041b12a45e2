//! A sandbox and a client for it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Client, Method, Response};
use sandbox::{Options, Sandbox, State, Story, Text, bind};
use serde_json::{Value, json};

pub(crate) struct Site {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
}

/// The shared material beside the workspace, when it is there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(path);
    if !path.exists() {
        eprintln!("skipped: {} is not at hand", path.display());
        return None;
    }
    Some(path)
}

pub(crate) fn story(key: &str) -> Story {
    Story {
        key: key.to_owned(),
        summary: format!("Summary of {key}"),
        description: Text::Source("A rule that holds.".to_owned()),
        ..Story::default()
    }
}

pub(crate) async fn site(options: Options) -> Site {
    let sandbox = bind("127.0.0.1:0".parse().unwrap(), options).await.unwrap();
    let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    Site { sandbox, client }
}

/// Checked against the official documents when they are at hand.
pub(crate) async fn checked(stories: Vec<Story>) -> Site {
    site(Options { validate: shared("contracts"), ..Options::with_stories(stories) }).await
}

impl Site {
    pub(crate) fn state(&self) -> &State {
        self.sandbox.state()
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Response, reqwest::Error> {
        let request =
            self.client.request(method, format!("{}{path}", self.sandbox.url())).basic_auth("bot@example.org", Some("sandbox"));
        match body {
            Some(body) => request.json(&body).send().await,
            None => request.send().await,
        }
    }

    /// Status and JSON body; null when there is none.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let response = self.send(method, path, body).await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::PUT, path, Some(body)).await
    }
}

pub(crate) fn adf(words: &str) -> Value {
    json!({"version": 1, "type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": words}]}]})
}
