//! How a sandbox is set up.

use std::path::PathBuf;

use crate::stories;
use crate::story::Story;

/// Which Jira the site is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deployment {
    /// REST v3, documents.
    #[default]
    Cloud,
    /// REST v2, wiki markup, below a context path.
    DataCenter,
}

/// Everything that can be chosen before the sandbox starts; [`Default`] is what `jqa demo` uses.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which Jira the site is.
    pub deployment: Deployment,
    /// The path that a data centre's Jira stands below, such as `/jira`; empty = none.
    pub context: String,
    /// The version of a data centre's Jira; before 9 it has one answer for all that can be created.
    pub server_version: String,
    /// The stories the site begins with.
    pub stories: Vec<Story>,
    /// A folder holding `jira/jira-v3.json` and `adf/full.json`, or one that holds such a `contracts` folder: requests
    /// are then checked against them as well.
    pub validate: Option<PathBuf>,
    /// The API token that is accepted, with any e-mail address, or as a personal access token.
    pub token: String,
    /// Id and secret of the key of Xray Cloud that is accepted.
    pub xray_key: (String, String),
    /// Whether the site has no Xray.
    pub xray_off: bool,
    /// Requests that Xray Cloud takes in five minutes.
    pub xray_requests: usize,
    /// Names of the statuses that a workflow ends in.
    pub ends: Vec<String>,
    /// Id of the field that must be given whenever an issue enters one of them.
    pub end_requires: Option<String>,
    /// The token of Zephyr Scale Cloud that is accepted.
    pub zephyr_token: String,
    /// Projects in which Zephyr is not enabled.
    pub zephyr_off: Vec<String>,
    /// Names of custom fields that each test case must have.
    pub zephyr_required: Vec<String>,
    /// How many comments an issue carries inline before the page is cut.
    pub inline_comments: usize,
    /// The most comments a page of `/comment` holds, whatever was asked for.
    pub comment_page: usize,
    /// The most issues a page of a search holds, whatever was asked for.
    pub search_page: usize,
    /// How long a new issue stays invisible to searches.
    pub search_lag_ms: i64,
    /// Comments an issue takes before it answers 413.
    pub comment_limit: usize,
    /// Whether the account may silence notifications (`notifyUsers=false`).
    pub admin: bool,
    /// How many journal entries are remembered.
    pub journal_entries: usize,
    /// How many bytes of request bodies the journal keeps.
    pub journal_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            deployment: Deployment::Cloud,
            context: String::new(),
            server_version: "9.12.4".to_owned(),
            stories: [stories::built_in(), stories::existing_tests()].concat(),
            validate: None,
            token: "sandbox".to_owned(),
            xray_key: ("xray".to_owned(), "xray".to_owned()),
            xray_off: false,
            xray_requests: 1000,
            ends: vec!["Done".to_owned()],
            end_requires: None,
            zephyr_token: "zephyr".to_owned(),
            zephyr_off: Vec::new(),
            zephyr_required: Vec::new(),
            inline_comments: 20,
            comment_page: 100,
            search_page: 100,
            search_lag_ms: 0,
            comment_limit: 5000,
            admin: false,
            journal_entries: 50_000,
            journal_bytes: 64 << 20,
        }
    }
}

impl Options {
    /// The same site in a data centre.
    #[must_use]
    pub fn in_data_center(self) -> Self {
        Self { deployment: Deployment::DataCenter, context: "/jira".to_owned(), ..self }
    }

    /// The defaults with these stories in place of the built-in ones.
    #[must_use]
    pub fn with_stories(stories: Vec<Story>) -> Self {
        Self { stories, ..Self::default() }
    }
}
