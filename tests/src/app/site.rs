//! The two kinds of Jira, and what a test says to each of them.

use sandbox::{Deployment, Options};
use serde_json::{Value, json};

use super::App;

/// Where Jira runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Site {
    /// REST v3, documents.
    #[default]
    Cloud,
    /// REST v2, wiki markup, a personal access token, a context path.
    DataCenter,
}

impl Site {
    /// The options of the sandbox for it.
    pub(super) fn options(self, options: Options) -> Options {
        match self {
            Self::Cloud => options,
            Self::DataCenter => options.in_data_center(),
        }
    }

    /// The settings that a connection needs besides its address.
    pub(super) fn settings(self) -> Vec<(String, String)> {
        let settings = match self {
            Self::Cloud => [("JQA_JIRA_EMAIL", "qa@example.org"), ("JQA_JIRA_DEPLOYMENT", "cloud")],
            Self::DataCenter => [("JQA_JIRA_AUTH", "bearer"), ("JQA_JIRA_DEPLOYMENT", "data_center")],
        };
        settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    /// Words as a text of its.
    #[must_use]
    pub fn text(self, words: &str) -> Value {
        match self {
            Self::Cloud => {
                let paragraph = json!({ "type": "paragraph", "content": [{ "type": "text", "text": words }] });
                json!({ "type": "doc", "version": 1, "content": [paragraph] })
            }
            Self::DataCenter => words.into(),
        }
    }

    /// The path of its API.
    #[must_use]
    pub const fn api(self) -> &'static str {
        match self {
            Self::Cloud => "/rest/api/3",
            Self::DataCenter => "/jira/rest/api/2",
        }
    }
}

impl App {
    /// The built-in stories on this kind of Jira.
    pub async fn at(site: Site) -> Self {
        super::Setup::default().at(site).start().await
    }

    /// Which kind of Jira it is.
    #[must_use]
    pub fn kind(&self) -> Site {
        match self.site.deployment() {
            Deployment::Cloud => Site::Cloud,
            Deployment::DataCenter => Site::DataCenter,
        }
    }

    /// The address of Jira's API.
    #[must_use]
    pub fn api(&self) -> String {
        format!("{}{}", self.site.url(), self.kind().api())
    }
}

/// Tests that hold on every kind of Jira: each of these functions becomes one on either.
#[macro_export]
macro_rules! on_every_site {
    ($($name:ident),+ $(,)?) => {
        mod on_cloud {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::app::Site::Cloud).await;
            })+
        }
        mod on_data_center {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::app::Site::DataCenter).await;
            })+
        }
    };
}
