//! `jqa doctor`: what is set up, what is not, and how to mend it.

use std::path::PathBuf;

use serde::Serialize;

use super::session;
use crate::args::ConnectArgs;
use crate::args::local::DoctorArgs;
use crate::client::ClientError;
use crate::exit::Exit;
use crate::output::{plain, print, print_json, style};
use crate::server;

/// What one check found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Check {
    /// What was looked at: `database`, `jira`.
    pub(crate) name: String,
    /// Whether it is as it should be; `None` when there was nothing to look at.
    pub(crate) ok: Option<bool>,
    /// What was found.
    pub(crate) detail: String,
    /// How to mend it; empty when there is nothing to mend.
    pub(crate) mend: String,
}

impl Check {
    /// All is well.
    pub(crate) fn good(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.to_owned(), ok: Some(true), detail: detail.into(), mend: String::new() }
    }

    /// Something is wrong.
    pub(crate) fn bad(name: &str, detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name: name.to_owned(), ok: Some(false), detail: detail.into(), mend: mend.into() }
    }

    /// There was nothing to look at.
    pub(crate) fn skipped(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.to_owned(), ok: None, detail: detail.into(), mend: String::new() }
    }

    fn line(&self) -> String {
        let mark = match self.ok {
            Some(true) => style::good("✓"),
            Some(false) => style::bad("✗"),
            None => style::faint("–"),
        };
        let mend = if self.mend.is_empty() { String::new() } else { format!("\n  → {}", plain(&self.mend)) };
        format!("{mark} {}: {}{mend}", self.name, plain(&self.detail))
    }
}

/// Checks what was asked for; 1 when anything is wrong.
pub(crate) async fn run(args: &DoctorArgs, connect: &ConnectArgs, config: Option<PathBuf>) -> anyhow::Result<Exit> {
    let mut checks = Vec::new();
    if !args.client {
        checks.extend(server::doctor(config).await);
    }
    if !args.server {
        checks.extend(client_checks(connect).await);
    }
    for check in &checks {
        if args.json { print_json(check) } else { print(&check.line()) }
    }
    Ok(if checks.iter().any(|check| check.ok == Some(false)) { Exit::Failure } else { Exit::Success })
}

/// Health is told at an address of its own (`JQA_OPS_BIND`); an answer of ours is enough.
fn is_told_elsewhere(error: &ClientError) -> bool {
    matches!(error, ClientError::Problem(problem) if problem.status == 404)
}

async fn client_checks(connect: &ConnectArgs) -> Vec<Check> {
    let client = match session::client(connect) {
        Ok(client) => client,
        Err(error) => return vec![Check::bad("client", format!("{error:#}"), "Run `jqa login --url URL --email EMAIL`.")],
    };
    // Who never asked for a server to talk to is not told off for having none.
    if connect.url.is_none() && !client.has_login() {
        return vec![Check::skipped("client", "no login and no JQA_URL; `jqa login` sets the client commands up")];
    }
    let base = client.base().to_owned();
    let mut checks = Vec::new();
    match client.health("/healthz").await {
        Ok(_) => checks.push(Check::good("server", format!("{base} answers"))),
        Err(error) if is_told_elsewhere(&error) => checks.push(Check::good("server", format!("{base} answers"))),
        Err(error) => {
            checks.push(Check::bad("server", error.to_string(), "Start it with `jqa serve`, or correct --url, JQA_URL."));
            return checks;
        }
    }
    checks.push(match client.health("/readyz").await {
        Ok(_) => Check::good("readiness", "it takes work"),
        Err(error) if is_told_elsewhere(&error) => Check::skipped("readiness", "not told at this address"),
        Err(error) => Check::bad("readiness", error.to_string(), "Look at the server's log; its database may be away."),
    });
    checks.push(match client.me().await {
        Ok(user) => Check::good("login", format!("{} ({})", user.email, user.role)),
        Err(error) => Check::bad("login", error.to_string(), "Run `jqa login`, or renew JQA_TOKEN."),
    });
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_says_how_to_mend_it() {
        let checks = [
            Check::good("database", "sqlite, version 12"),
            Check::bad("jira", "401", "Renew JQA_JIRA_TOKEN."),
            Check::skipped("queue", "in the process"),
        ];
        let lines: Vec<String> = checks.iter().map(Check::line).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        ✓ database: sqlite, version 12
        ✗ jira: 401
          → Renew JQA_JIRA_TOKEN.
        – queue: in the process
        ");
    }
}
