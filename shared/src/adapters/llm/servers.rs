//! Servers of Chat Completions, and what each wants besides.

use std::str::FromStr;

use url::Url;

use super::settings::TokenParam;

/// See the module.
#[derive(Debug, PartialEq)]
pub struct Server {
    /// Its name in the settings.
    pub name: &'static str,
    /// Hosts that end like this are known to be it.
    hosts: &'static [&'static str],
    /// The header that its key goes into; `None` = `Authorization: Bearer`.
    pub key_header: Option<&'static str>,
    /// The name of its token limit.
    pub token_param: TokenParam,
    /// Fields of the body that every call has, as JSON.
    pub fields: &'static [(&'static str, &'static str)],
}

/// Those we know; the last stands for all others.
pub const SERVERS: &[Server] = &[
    Server {
        name: "openai",
        hosts: &["api.openai.com"],
        key_header: None,
        token_param: TokenParam::MaxCompletionTokens,
        fields: &[("store", "false")],
    },
    Server {
        name: "azure",
        hosts: &[".openai.azure.com", ".services.ai.azure.com"],
        key_header: Some("api-key"),
        token_param: TokenParam::MaxCompletionTokens,
        fields: &[],
    },
    Server {
        name: "openrouter",
        hosts: &["openrouter.ai"],
        key_header: None,
        token_param: TokenParam::MaxTokens,
        // It chooses among providers: only among those that heed what is asked and keep nothing.
        fields: &[("provider", r#"{"require_parameters":true,"data_collection":"deny"}"#)],
    },
    Server { name: "mistral", hosts: &["api.mistral.ai"], key_header: None, token_param: TokenParam::MaxTokens, fields: &[] },
    Server { name: "ollama", hosts: &[], key_header: None, token_param: TokenParam::MaxTokens, fields: &[] },
    Server { name: "vllm", hosts: &[], key_header: None, token_param: TokenParam::MaxTokens, fields: &[] },
    Server { name: "litellm", hosts: &[], key_header: None, token_param: TokenParam::MaxTokens, fields: &[] },
    OTHER,
];

/// A server about which nothing is known.
const OTHER: Server = Server { name: "other", hosts: &[], key_header: None, token_param: TokenParam::MaxTokens, fields: &[] };

impl Server {
    /// One about which nothing is known.
    #[must_use]
    pub fn other() -> &'static Self {
        &OTHER
    }

    /// The server at an address.
    #[must_use]
    pub fn at(base: &Url) -> &'static Self {
        let host = base.host_str().unwrap_or_default();
        let is = |end: &str| host == end || (end.starts_with('.') && host.ends_with(end));
        SERVERS.iter().find(|server| server.hosts.iter().any(|end| is(end))).unwrap_or(Self::other())
    }
}

impl FromStr for &'static Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = || SERVERS.iter().map(|server| server.name).collect::<Vec<_>>().join(", ");
        SERVERS.iter().find(|server| server.name == text).ok_or_else(|| format!("one of {} is expected", names()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_by_its_host_and_no_other_host_is_taken_for_it() {
        let at = |url: &str| Server::at(&Url::parse(url).unwrap()).name;
        assert_eq!(at("https://api.openai.com/v1"), "openai");
        assert_eq!(at("https://acme.openai.azure.com/openai/v1"), "azure");
        assert_eq!(at("https://openrouter.ai/api/v1"), "openrouter");
        assert_eq!(at("https://api.mistral.ai/v1"), "mistral");
        for other in ["http://localhost:11434/v1", "https://notapi.openai.com/v1", "https://openai.azure.com/v1"] {
            assert_eq!(at(other), "other", "{other}");
        }
    }
}
