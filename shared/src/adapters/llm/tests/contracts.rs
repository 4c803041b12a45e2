//! What is sent, against the types that the providers publish. They are no part of the project: where they are not at hand,
//! these tests say so and check nothing.

use std::sync::Arc;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::streams::events;
use super::wires::{Ending, WIRES, answer, prompt, sent};
use crate::adapters::llm::models::{Effort, Sampling};
use crate::adapters::llm::providers::{Api, PROVIDERS};
use crate::adapters::llm::schema::portable;
use crate::adapters::llm::wire::Ask;
use crate::adapters::llm::{LlmSettings, Models, Structured, TokenParam};
use crate::domain::reply::{CriteriaReply, ScenariosReply};
use crate::ports::Prompt;

pub(super) fn published(file: &str) -> Option<Value> {
    let path = format!("{}/../../shared/contracts/llm/{file}", env!("CARGO_MANIFEST_DIR"));
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: the published types are not here");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// What goes over a wire.
#[derive(Clone, Copy)]
enum What {
    Request,
    Answer,
    StreamRequest,
    StreamEvent,
}

/// The published type of it.
fn types(wire: &str, what: What) -> Option<Validator> {
    let (openai, anthropic, google) =
        ("openai-sdk-3.54.schemas.json", "anthropic-2026-10-21.schemas.json", "gemini.strict.schemas.json");
    let (file, name) = match (wire, what) {
        ("chat", What::Request) => (openai, "ChatCompletionRequest"),
        ("chat", What::Answer) => (openai, "ChatCompletion"),
        ("chat", What::StreamRequest) => (openai, "ChatCompletionStreamingRequest"),
        ("chat", What::StreamEvent) => (openai, "ChatCompletionChunk"),
        ("responses", What::Request) => (openai, "ResponsesRequest"),
        ("responses", What::Answer) => (openai, "Response"),
        ("responses", What::StreamRequest) => (openai, "ResponsesStreamingRequest"),
        ("responses", What::StreamEvent) => (openai, "ResponseStreamEvent"),
        ("claude", What::Request) => (anthropic, "MessageCreateRequest"),
        ("claude", What::Answer) => (anthropic, "Message"),
        ("claude", What::StreamRequest) => (anthropic, "MessageCreateStreamingRequest"),
        ("claude", What::StreamEvent) => (anthropic, "StreamEvent"),
        (_, What::Request | What::StreamRequest) => (google, "GenerateContentRequest"),
        (_, What::Answer | What::StreamEvent) => (google, "GenerateContentResponse"),
    };
    let types = published(file)?;
    let wanted = if wire == "gemini" {
        json!({ "$ref": format!("#/$defs/{name}"), "$defs": types["$defs"] })
    } else {
        types[name].clone()
    };
    Some(jsonschema::draft202012::new(&wanted).unwrap())
}

#[track_caller]
pub(super) fn conforms(types: &Validator, what: &str, body: &Value) {
    let problems: Vec<String> = types.iter_errors(body).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{what}: {problems:?}\n{body}");
}

pub(super) fn prompts() -> Vec<Prompt> {
    let schemas = [schemars::schema_for!(CriteriaReply), schemars::schema_for!(ScenariosReply)];
    let of = |schema: schemars::Schema| Prompt { schema: Arc::new(schema.to_value()), ..prompt() };
    let plain = schemas.map(of);
    plain
        .into_iter()
        .flat_map(|plain| [Prompt { without_schema: true, ..plain.clone() }, Prompt { roomier: true, ..plain.clone() }, plain])
        .collect()
}

#[test]
fn every_body_conforms_to_the_published_types() {
    for (name, wire) in WIRES {
        let (Some(types), Some(streamed)) = (types(name, What::Request), types(name, What::StreamRequest)) else { return };
        assert!(!types.is_valid(&json!({ "model": 1 })), "{name}: the check checks nothing");
        for prompt in prompts() {
            for structured in [Structured::JsonSchema, Structured::JsonObject, Structured::None] {
                for token_param in [TokenParam::MaxTokens, TokenParam::MaxCompletionTokens] {
                    let ask = Ask { structured, token_param, ..Ask::new("m") };
                    conforms(&types, name, &sent(&wire.encode(&prompt, &ask)));
                    conforms(&streamed, name, &sent(&wire.streamed(wire.encode(&prompt, &ask), &ask)));
                }
            }
        }
    }
}

/// Every row of the table of models, with everything that a connection might ask of it.
#[test]
fn every_model_is_sent_what_it_takes_and_nothing_else() {
    let models = Models::ours();
    for model in models.rows().filter(|model| model.retired.is_none()) {
        let spec = PROVIDERS.iter().find(|spec| spec.name == model.provider).unwrap();
        let api = spec.api.as_ref().unwrap();
        let wire = WIRES.iter().find(|(_, wire)| format!("{wire:?}") == format!("{:?}", api.wire)).unwrap().0;
        let Some(types) = types(wire, What::Request) else { return };
        for effort in [None].into_iter().chain(Effort::ALL.iter().copied().map(Some)) {
            let settings = LlmSettings {
                model: Some(model.id.clone()),
                temperature: Some(0.2),
                effort,
                max_output_tokens: 1_000_000,
                ..LlmSettings::new(spec.name)
            };
            let asked = crate::adapters::llm::client::ask(spec, api, &settings);
            if effort.is_some_and(|effort| !model.effort.contains(&effort)) {
                assert_eq!(asked.unwrap_err().setting, "JQA_LLM_EFFORT", "{}", model.id);
                continue;
            }
            let ask = asked.unwrap();
            let body = sent(&api.wire.encode(&prompt(), &ask));
            conforms(&types, &model.id, &body);
            let takes = match model.sampling {
                Sampling::Always => true,
                Sampling::WithoutEffort => effort == Some(Effort::None),
                Sampling::Never => false,
            };
            let text = body.to_string();
            assert_eq!(text.contains("\"temperature\""), takes, "{} {effort:?}", model.id);
            assert_eq!(text.contains("ffort\"") || text.contains("thinkingLevel"), effort.is_some(), "{} {effort:?}", model.id);
            for never in ["\"stop\"", "\"seed\"", "\"top_p\"", "\"topP\"", "\"n\"", "null"] {
                assert!(!text.contains(never), "{}: {never} in {text}", model.id);
            }
            assert_eq!(text.contains("\"store\":false"), wire != "claude", "{}", model.id);
            assert!(ask.most_output_tokens <= model.max_output, "{}", model.id);
        }
    }
}

/// Our doubles must not drift from what the providers say.
#[test]
fn the_answers_of_these_tests_conform_to_the_published_types() {
    for (name, _) in WIRES {
        let (Some(types), Some(events_of)) = (types(name, What::Answer), types(name, What::StreamEvent)) else { return };
        for ending in [Ending::Done, Ending::Cut, Ending::Refused] {
            conforms(&types, name, &serde_json::from_str(&answer(name, Some("{}"), ending)).unwrap());
            for event in events(name, Some("{}"), ending) {
                // The published types leave these two out.
                if event["type"] != "ping" && event["type"] != "error" {
                    conforms(&events_of, name, &event);
                }
            }
        }
    }
}

/// What the profiles leave out: Anthropic counts optional and union-typed properties, OpenAI wants every property required.
#[test]
fn every_schema_we_send_is_within_the_counts_of_all_providers() {
    fn walk(node: &Value, depth: usize, seen: &mut (usize, usize)) {
        let Some(map) = node.as_object() else { return };
        assert!(depth <= 10, "OpenAI nests ten deep");
        assert!(!map.contains_key("anyOf") && !map.get("type").is_some_and(Value::is_array), "no unions: Anthropic allows 16");
        if let Some(properties) = map.get("properties").and_then(Value::as_object) {
            seen.0 += properties.len();
            let required = map["required"].as_array().unwrap();
            assert_eq!((required.len(), &map["additionalProperties"]), (properties.len(), &json!(false)));
            properties.values().for_each(|property| walk(property, depth + 1, seen));
        }
        seen.1 += map.get("enum").and_then(Value::as_array).map_or(0, Vec::len);
        map.get("items").into_iter().for_each(|items| walk(items, depth + 1, seen));
    }
    for schema in [schemars::schema_for!(CriteriaReply), schemars::schema_for!(ScenariosReply)] {
        let mut seen = (0, 0);
        walk(&portable(schema.as_value()), 1, &mut seen);
        assert!(seen.0 > 5 && seen.0 <= 60 && seen.1 <= 250, "{seen:?} properties and words");
    }
}

#[test]
fn every_provider_has_a_model_of_its_own_that_we_know() {
    for (spec, api) in PROVIDERS.iter().filter_map(|spec| Some((spec, spec.api.as_ref()?))) {
        let Api { base_url, default_model, .. } = api;
        assert_eq!(base_url.is_some(), default_model.is_some(), "{}", spec.name);
        if let Some(model) = default_model {
            assert!(Models::ours().find(spec.name, model).is_some_and(|model| model.retired.is_none()), "{model}");
        }
    }
}
