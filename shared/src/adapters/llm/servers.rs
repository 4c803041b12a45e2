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
    /// Whether it has OpenAI's files and batches.
    pub batches: bool,
    /// Whether its answers are asked for as streams, unless the settings say otherwise.
    pub streams: bool,
    /// Whether it knows `stream_options`, which ask for the usage at the end of a stream.
    pub takes_stream_options: bool,
}

/// Those we know; the last stands for all others.
pub const SERVERS: &[Server] = &[
    Server {
        name: "openai",
        hosts: &["api.openai.com"],
        key_header: None,
        token_param: TokenParam::MaxCompletionTokens,
        fields: &[("store", "false")],
        batches: true,
        streams: true,
        takes_stream_options: true,
    },
    Server {
        name: "azure",
        hosts: &[".openai.azure.com", ".services.ai.azure.com"],
        key_header: Some("api-key"),
        token_param: TokenParam::MaxCompletionTokens,
        fields: &[],
        // For deployments that were made for batches.
        batches: true,
        streams: true,
        takes_stream_options: true,
    },
    Server {
        name: "openrouter",
        hosts: &["openrouter.ai"],
        key_header: None,
        token_param: TokenParam::MaxTokens,
        // It chooses among providers: only among those that heed what is asked and keep nothing.
        fields: &[("provider", r#"{"require_parameters":true,"data_collection":"deny"}"#)],
        batches: false,
        streams: true,
        // It tells the usage at the end unasked; parameters that it must heed leave it fewer providers.
        takes_stream_options: false,
    },
    // It answers 422 to `stream_options`, and tells the usage at the end without them.
    Server { hosts: &["api.mistral.ai"], takes_stream_options: false, ..Server::streaming("mistral") },
    // It loads the model at the first call and says nothing meanwhile, for minutes where the disk is slow.
    Server { streams: false, ..Server::streaming("ollama") },
    Server::streaming("vllm"),
    Server::streaming("litellm"),
    OTHER,
];

/// A server about which nothing is known.
const OTHER: Server = Server { streams: false, ..Server::streaming("other") };

impl Server {
    /// One that is like most.
    const fn streaming(name: &'static str) -> Self {
        let (hosts, fields, token_param): (&[_], &[_], _) = (&[], &[], TokenParam::MaxTokens);
        Self { name, hosts, key_header: None, token_param, fields, batches: false, streams: true, takes_stream_options: true }
    }

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
