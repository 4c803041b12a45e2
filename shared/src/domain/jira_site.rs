//! What may be said of a site of Jira when a connection to it is made.

use super::words::words;

words! {
    /// Where Jira runs.
    #[derive(Default)]
    JiraDeployment {
        /// It is asked what it is.
        #[default]
        Auto = "auto",
        /// At Atlassian.
        Cloud = "cloud",
        /// In one's own data centre: Data Center or Server.
        DataCenter = "data_center",
    }
}

words! {
    /// How a connection proves whose it is.
    #[derive(Default)]
    JiraAuth {
        /// `basic` with an account, `bearer` without one.
        #[default]
        Auto = "auto",
        /// An account and its API token or password.
        Basic = "basic",
        /// A personal access token.
        Bearer = "bearer",
    }
}

impl JiraAuth {
    /// Whether an account is sent beside the token.
    #[must_use]
    pub const fn names_account(self, account: &str) -> bool {
        match self {
            Self::Auto => !account.is_empty(),
            Self::Basic => true,
            Self::Bearer => false,
        }
    }

    /// What is wrong about it in a connection to such a site with this account, in words.
    #[must_use]
    pub fn problem(self, deployment: JiraDeployment, account: &str) -> Option<&'static str> {
        match (self, deployment) {
            (Self::Basic, _) if account.is_empty() => Some("needs an account beside the token"),
            (Self::Auto, JiraDeployment::Cloud) if account.is_empty() => Some("needs the account's e-mail, as Jira Cloud does"),
            _ => None,
        }
    }
}

/// Whether a host is that of a site of Jira Cloud.
#[must_use]
pub fn is_site(host: &str) -> bool {
    host.ends_with(".atlassian.net") || host.ends_with(".jira.com")
}

/// Whether a host is one of Atlassian's own, so that nobody needs to ask it what it is.
#[must_use]
pub fn is_atlassian(host: &str) -> bool {
    is_site(host) || host == "api.atlassian.com"
}
