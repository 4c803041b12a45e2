//! A PostgreSQL and a Redis that may be stopped, frozen and emptied.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::Command;

use crate::form::variable;
use crate::process::program;

/// A pair of servers of our own; stopped when the value is dropped.
#[derive(Debug)]
pub(crate) struct Servers {
    script: String,
    folder: TempDir,
    pub(crate) postgres: String,
    pub(crate) redis: String,
}

impl Servers {
    /// A new pair; `None`, with a word why, where there is no script that makes one.
    pub(crate) async fn new() -> Option<Self> {
        let Some(script) = variable("JQA_TEST_SERVICES") else {
            eprintln!("skipped: JQA_TEST_SERVICES is not set, so there is nothing that starts PostgreSQL and Redis");
            return None;
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = folder.path().join("pair");
        let owner = std::process::id().to_string();
        let new =
            Command::new(&script).arg("new").arg(&place).arg(owner).stdin(Stdio::null()).output().await.expect("the script");
        let lines = String::from_utf8_lossy(&new.stdout).into_owned();
        assert!(new.status.success(), "no servers: {}", String::from_utf8_lossy(&new.stderr));
        let value =
            |name: &str| lines.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).expect("a URL").to_owned();
        let (postgres, redis) = (value("JQA_TEST_POSTGRES_URL"), value("JQA_TEST_REDIS_URL"));
        Some(Self { script, folder, postgres, redis })
    }

    /// `redis freeze`, `postgres restart` …
    pub(crate) async fn tell(&self, server: &str, verb: &str) {
        let told =
            Command::new(&self.script).arg("ctl").arg(self.place()).args([server, verb]).stdin(Stdio::null()).status().await;
        assert!(told.expect("the script").success(), "{server} {verb}");
    }

    fn place(&self) -> PathBuf {
        self.folder.path().join("pair")
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let stopped = std::process::Command::new(&self.script).arg("stop").arg(self.place()).stdin(Stdio::null()).status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!("the servers in {} were not stopped; they end with this process", self.folder.path().display());
        }
    }
}

/// Runs a scenario that leaves its servers alone: on the pair of this test run, with a database of its own.
pub(crate) async fn on_shared_servers(scenario: impl AsyncFnOnce(String, String)) {
    let (Some(_), Some(redis)) = (program(), tests::redis_url()) else { return };
    tests::Backend::Postgres.with_url(async |database| scenario(database, redis).await).await;
}

/// Where a server of a URL listens.
pub(crate) fn address_of(url: &str) -> SocketAddr {
    let url = reqwest::Url::parse(url).expect("a URL");
    let addresses = url.socket_addrs(|| None).expect("an address");
    *addresses.first().expect("an address")
}

/// The same URL by way of a forwarder.
pub(crate) fn through(way: &tests::Proxy, url: &str) -> String {
    let mut url = reqwest::Url::parse(url).expect("a URL");
    url.set_host(Some("127.0.0.1")).expect("a host");
    url.set_port(Some(way.addr().port())).expect("a port");
    url.into()
}
