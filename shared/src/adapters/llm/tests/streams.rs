//! Streams without a network: events out of bytes, answers out of events.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::wires::{Ending, WIRES, answer, prompt, sent};
use crate::adapters::llm::outcome::decode_object;
use crate::adapters::llm::stream::Progress;
use crate::adapters::llm::stream::collect::Collector;
use crate::adapters::llm::stream::sse::{Event, Reader};
use crate::adapters::llm::wire::{Ask, Wire};
use crate::ports::{LlmError, Usage};

/// No stream of these tests is longer.
pub(super) const LONGEST: usize = 1 << 20;

fn event(name: &str, data: &str) -> Event {
    Event { name: name.to_owned(), data: data.to_owned() }
}

/// Reads a stream that comes in pieces which end at these places.
fn read(bytes: &[u8], cuts: &[usize]) -> Vec<Event> {
    let mut reader = Reader::new(LONGEST);
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).chain([bytes.len()]).collect();
    ends.sort_unstable();
    let mut begin = 0;
    let mut events = Vec::new();
    for end in ends {
        events.extend(reader.read(&bytes[begin..end]).unwrap());
        begin = end;
    }
    events.extend(reader.end());
    events
}

#[test]
fn events_are_read_in_every_form_that_the_standard_allows() {
    let wanted = [event("", "one"), event("two", "a\n\nb"), event("", ""), event("", "  x:y"), event("", "last")];
    let lines = "\u{feff}: a comment\n\ndata: one\nid: 7\nretry: 10\nunknown\n\nevent: two\ndata: a\ndata\ndata:b\n\ndata:\n\nevent: nothing\n\ndata:   x:y\n\n\n\ndata:last";
    for line_end in ["\n", "\r\n", "\r"] {
        let stream = lines.replace('\n', line_end);
        assert_eq!(read(stream.as_bytes(), &[]), wanted, "{line_end:?}");
        for cut in 0..stream.len() {
            assert_eq!(read(stream.as_bytes(), &[cut]), wanted, "{line_end:?} cut at {cut}");
        }
    }
}

#[test]
fn a_mark_of_byte_order_counts_only_at_the_beginning() {
    assert_eq!(read("data: a\n\n\u{feff}data: b\n\n".as_bytes(), &[]), [event("", "a")]);
}

#[test]
fn an_event_that_never_ends_is_not_kept() {
    let mut reader = Reader::new(100);
    assert!(reader.read(&[b'x'; 101]).is_err(), "one line");
    let mut reader = Reader::new(100);
    assert!((0..50).any(|_| reader.read(b"data: 12345\n").is_err()), "many lines");
    let mut reader = Reader::new(100);
    assert!((0..50).all(|_| reader.read(b"data: 12345\n\n").is_ok()), "many events");
}

/// The events of a stream that answers the same as [`answer`], as the provider of a wire sends them.
pub(super) fn stream(wire: &str, text: Option<&str>, ending: Ending) -> String {
    let whole: Value = serde_json::from_str(&answer(wire, text, ending)).unwrap();
    let named = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
    let data = |chunk: &Value| format!("data: {chunk}\n\n");
    match wire {
        "chat" => chat(&whole).iter().map(data).chain(["data: [DONE]\n\n".to_owned()]).collect(),
        "responses" => responses(&whole).iter().map(named).collect(),
        "claude" => claude(&whole).iter().map(named).collect(),
        _ => gemini(&whole).iter().map(data).collect::<String>().replace('\n', "\r\n"),
    }
}

/// The events of [`stream`] as JSON, where a wire's events have a published type.
pub(super) fn events(wire: &str, text: Option<&str>, ending: Ending) -> Vec<Value> {
    let parsed = |event: Event| serde_json::from_str(&event.data).ok();
    read(stream(wire, text, ending).as_bytes(), &[]).into_iter().filter_map(parsed).collect()
}

fn pieces(text: &Value) -> Vec<String> {
    text.as_str().unwrap_or_default().chars().map(String::from).collect()
}

fn with(base: &Value, changes: Value) -> Value {
    let (Value::Object(mut base), Value::Object(changes)) = (base.clone(), changes) else { panic!("both are objects") };
    base.extend(changes);
    Value::Object(base)
}

fn chat(whole: &Value) -> Vec<Value> {
    let base = json!({ "id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m-2026", "usage": null });
    let choice = &whole["choices"][0];
    let chunk = |delta: Value, finish: &Value| {
        with(&base, json!({ "choices": [{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }] }))
    };
    let mut chunks = vec![chunk(json!({ "role": "assistant" }), &Value::Null)];
    if choice["message"]["content"] == "" {
        chunks.push(chunk(json!({ "content": "" }), &Value::Null));
    }
    for name in ["content", "refusal"] {
        chunks.extend(pieces(&choice["message"][name]).iter().map(|piece| chunk(json!({ name: piece }), &Value::Null)));
    }
    chunks.push(chunk(json!({}), &choice["finish_reason"]));
    chunks.push(with(&base, json!({ "choices": [], "usage": whole["usage"] })));
    chunks
}

fn responses(whole: &Value) -> Vec<Value> {
    let begun = with(whole, json!({ "status": "in_progress", "output": [], "usage": null, "incomplete_details": null }));
    let last = if whole["status"] == "incomplete" { "response.incomplete" } else { "response.completed" };
    let place = json!({ "item_id": "m", "output_index": 1, "content_index": 0 });
    let delta =
        json!({ "type": "response.output_text.delta", "delta": "{", "logprobs": [], "sequence_number": 1, "obfuscation": "zz" });
    vec![
        json!({ "type": "response.created", "response": begun, "sequence_number": 0 }),
        with(&delta, place),
        json!({ "type": last, "response": whole, "sequence_number": 2 }),
    ]
}

fn claude(whole: &Value) -> Vec<Value> {
    let counts = with(&whole["usage"], json!({ "output_tokens": 1 }));
    let begun = with(whole, json!({ "content": [], "stop_reason": null, "usage": counts }));
    let mut events = vec![json!({ "type": "message_start", "message": begun }), json!({ "type": "ping" })];
    for (index, block) in whole["content"].as_array().unwrap().iter().enumerate() {
        let name = block["type"].as_str().unwrap();
        let empty = if name == "thinking" { json!({ "thinking": "", "signature": "" }) } else { json!({ "text": "" }) };
        let delta = |delta: Value| json!({ "type": "content_block_delta", "index": index, "delta": delta });
        events.push(json!({ "type": "content_block_start", "index": index, "content_block": with(block, empty) }));
        for piece in pieces(&block[name]) {
            events.push(delta(json!({ "type": format!("{name}_delta"), name: piece })));
        }
        if name == "thinking" {
            events.push(delta(json!({ "type": "signature_delta", "signature": block["signature"] })));
        }
        events.push(json!({ "type": "content_block_stop", "index": index }));
    }
    let counts =
        json!({ "output_tokens": 7, "cache_read_input_tokens": null, "output_tokens_details": { "thinking_tokens": 2 } });
    let stop = json!({ "stop_reason": whole["stop_reason"], "stop_sequence": null });
    events.push(json!({ "type": "message_delta", "delta": stop, "usage": counts }));
    events.push(json!({ "type": "message_stop" }));
    events
}

fn gemini(whole: &Value) -> Vec<Value> {
    let candidate = &whole["candidates"][0];
    let early = json!({ "promptTokenCount": 11, "totalTokenCount": 11 });
    let chunk =
        |content: Value| with(whole, json!({ "candidates": [{ "content": content, "index": 0 }], "usageMetadata": early }));
    let mut chunks = Vec::new();
    for part in candidate["content"]["parts"].as_array().unwrap() {
        let said = pieces(&part["text"]);
        let said = if said.is_empty() { vec![String::new()] } else { said };
        chunks
            .extend(said.iter().map(|piece| chunk(json!({ "role": "model", "parts": [with(part, json!({ "text": piece }))] }))));
    }
    let mut last = candidate.clone();
    last.as_object_mut().unwrap().remove("content");
    chunks.push(with(whole, json!({ "candidates": [last] })));
    chunks
}

/// What a stream is put together to, and how far it came.
pub(super) fn assembled(wire: &dyn Wire, stream: &[u8]) -> Result<(Value, Progress), LlmError> {
    let mut collector = Collector::new(wire, LONGEST);
    collector.read(stream)?;
    collector.close();
    let progress = collector.progress();
    Ok((collector.answer(), progress))
}

#[test]
fn a_stream_is_put_together_to_the_answer_that_was_not_streamed() {
    for (name, wire) in WIRES {
        for ending in [Ending::Done, Ending::Cut, Ending::Refused] {
            for text in [Some("{\"a\":\"à la carte 🧾\"}"), Some(""), None] {
                if ending == Ending::Refused && text.is_none() != (name == "chat") {
                    continue;
                }
                let (streamed, progress) = assembled(wire, stream(name, text, ending).as_bytes()).unwrap();
                let whole: Value = serde_json::from_str(&answer(name, text, ending)).unwrap();
                assert_eq!(streamed, whole, "{name} {ending:?} {text:?}");
                assert_ne!(progress, Progress::Open, "{name} {ending:?}");
            }
        }
    }
}

#[test]
fn half_an_answer_is_never_taken_for_a_whole_one() {
    for (name, wire) in WIRES {
        let stream = stream(name, Some("{\"a\":\"bcd\"}"), Ending::Done);
        let (whole, _) = assembled(wire, stream.as_bytes()).unwrap();
        let mut open = 0;
        for end in 0..stream.len() {
            let Ok((streamed, progress)) = assembled(wire, &stream.as_bytes()[..end]) else {
                panic!("{name}: a stream that ends at {end} is an error of its form");
            };
            if progress == Progress::Open {
                open += 1;
            } else {
                assert_eq!(streamed["choices"], whole["choices"], "{name} at {end}");
                assert_eq!(streamed["output"], whole["output"], "{name} at {end}");
                assert_eq!(streamed["content"], whole["content"], "{name} at {end}");
                assert_eq!(streamed["candidates"], whole["candidates"], "{name} at {end}");
            }
        }
        assert!(open > stream.len() / 2, "{name}: {open} of {}", stream.len());
    }
}

#[test]
fn an_error_in_a_stream_has_the_class_of_its_twin_over_http() {
    let class = |wire: &dyn Wire, stream: &str| {
        let (streamed, progress) = assembled(wire, stream.as_bytes()).unwrap();
        assert_eq!(progress, Progress::Ended, "{stream}");
        decode_object(wire, &streamed, &Default::default(), chrono::DateTime::default()).unwrap_err().error
    };
    let claude = |kind: &str| {
        let error = json!({ "type": "error", "error": { "type": kind, "message": "prompt is too long" } });
        class(WIRES[2].1, &format!("event: error\ndata: {error}\n\n"))
    };
    assert_eq!(claude("overloaded_error"), LlmError::Overloaded(529));
    assert_eq!(claude("rate_limit_error"), LlmError::RateLimited { retry_after: None });
    assert_eq!(claude("api_error"), LlmError::Unavailable(500));
    assert_eq!(claude("timeout_error"), LlmError::Unavailable(504));
    assert_eq!(claude("authentication_error"), LlmError::Unauthorized);
    assert_eq!(claude("permission_error"), LlmError::Unauthorized);
    assert_eq!(claude("request_too_large"), LlmError::TooLong);
    assert_eq!(claude("invalid_request_error"), LlmError::TooLong, "by its words");
    assert!(matches!(claude("not_found_error"), LlmError::Rejected { status: 404, .. }));
    assert!(matches!(claude("billing_error"), LlmError::QuotaExhausted(_)));
    assert!(matches!(claude("unheard_of"), LlmError::InvalidReply(_)));
    let responses = |code: &str| {
        let event = json!({ "type": "error", "code": code, "message": "m", "param": null, "sequence_number": 3 });
        let nested = json!({ "type": "error", "error": { "code": code, "message": "m" } });
        let failed =
            json!({ "type": "response.failed", "response": { "status": "failed", "error": { "code": code, "message": "m" } } });
        let forms = [event, nested, failed].map(|event| class(WIRES[1].1, &format!("data: {event}\n\n")));
        assert!(forms.iter().all(|form| *form == forms[0]), "{forms:?}");
        forms[0].clone()
    };
    assert_eq!(responses("server_error"), LlmError::Unavailable(500));
    assert_eq!(responses("server_is_overloaded"), LlmError::Overloaded(503));
    assert_eq!(responses("rate_limit_exceeded"), LlmError::RateLimited { retry_after: None });
    assert_eq!(responses("context_length_exceeded"), LlmError::TooLong);
    assert!(matches!(responses("insufficient_quota"), LlmError::QuotaExhausted(_)));
    assert!(matches!(responses("invalid_json_schema"), LlmError::SchemaRejected(_)));
    let chat = |error: Value| class(WIRES[0].1, &format!("data: {}\n\n", json!({ "error": error, "choices": [] })));
    assert_eq!(chat(json!({ "code": 502, "message": "upstream" })), LlmError::Unavailable(502));
    assert_eq!(chat(json!({ "code": "server_error", "message": "m" })), LlmError::Unavailable(500));
    let in_choice = json!({ "choices": [{ "index": 0, "delta": { "content": "" }, "error": { "code": 503, "message": "m" } }] });
    assert_eq!(class(WIRES[0].1, &format!("data: {in_choice}\n\n")), LlmError::Overloaded(503));
    let gemini = json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "message": "m",
        "details": [{ "retryDelay": "3s" }] } });
    for chunk in [gemini.clone(), json!([gemini])] {
        let wait = Some(std::time::Duration::from_secs(3));
        assert_eq!(class(WIRES[3].1, &format!("data: {chunk}\n\n")), LlmError::RateLimited { retry_after: wait });
    }
}

#[test]
fn what_was_used_before_a_stream_broke_off_is_kept_where_it_was_told() {
    for (name, wire) in WIRES {
        let stream = stream(name, Some(&"x".repeat(300)), Ending::Done);
        let mut collector = Collector::new(wire, LONGEST);
        collector.read(&stream.as_bytes()[..stream.len() * 9 / 10]).unwrap();
        assert_eq!(collector.progress(), Progress::Open, "{name}");
        let used = collector.used_by_now(wire);
        match name {
            "chat" | "responses" => assert_eq!(used, None, "{name} tells it only at the end"),
            _ => {
                let Usage { input_tokens, output_tokens, .. } = used.unwrap();
                assert_eq!(input_tokens, 11, "{name}");
                assert!((80..400).contains(&output_tokens), "{name}: {output_tokens} for most of 300 bytes");
            }
        }
    }
}

#[test]
fn an_answer_that_never_ends_is_not_kept() {
    for (name, wire) in WIRES.into_iter().filter(|(name, _)| *name != "responses") {
        let stream = stream(name, Some(&"x".repeat(1000)), Ending::Done);
        let short = Collector::new(wire, 800).read(stream.as_bytes());
        assert!(matches!(short, Err(LlmError::InvalidReply(why)) if why.contains("longer")), "{name}");
    }
    let (name, responses) = WIRES[1];
    let stream = stream(name, Some(&"x".repeat(1000)), Ending::Done);
    assert!(matches!(Collector::new(responses, 800).read(stream.as_bytes()), Err(LlmError::InvalidReply(_))));
}

#[test]
fn events_that_nobody_knows_are_passed_over_and_what_is_no_json_is_not() {
    for (name, wire) in WIRES {
        let known = stream(name, Some("{}"), Ending::Done);
        let strange = "event: response.new_thing\ndata: {\"type\":\"response.new_thing\",\"more\":[1]}\n\nevent: empty\ndata:\n\n: hello\n\n";
        let (whole, _) = assembled(wire, known.as_bytes()).unwrap();
        assert_eq!(assembled(wire, format!("{strange}{known}").as_bytes()).unwrap().0, whole, "{name}");
        assert!(matches!(assembled(wire, b"data: <html>\n\n"), Err(LlmError::InvalidReply(_))), "{name}");
    }
}

#[test]
fn each_provider_is_asked_for_a_stream_in_its_way_and_otherwise_for_the_same() {
    let body = |wire: &dyn Wire, ask: &Ask| wire.streamed(wire.encode(&prompt(), ask), ask);
    let plain = |wire: &dyn Wire| sent(&wire.encode(&prompt(), &Ask::new("m")));
    let ask = Ask::new("m");
    for (name, wire) in WIRES {
        let streamed = body(wire, &ask);
        let added = match name {
            "chat" => json!({ "stream": true, "stream_options": { "include_usage": true } }),
            "gemini" => json!({}),
            _ => json!({ "stream": true }),
        };
        assert_eq!(sent(&streamed), with(&plain(wire), added), "{name}");
        let (path, query) = (streamed.path.join("/"), wire.query());
        let (wanted, wanted_query) = match name {
            "chat" => ("chat/completions", None),
            "responses" => ("responses", None),
            "claude" => ("messages", None),
            _ => ("models/m:streamGenerateContent", Some("alt=sse")),
        };
        assert_eq!((path.as_str(), query), (wanted, wanted_query), "{name}");
    }
    for unasked in ["mistral", "openrouter"] {
        let ask = Ask { server: unasked.parse().unwrap(), ..Ask::new("m") };
        let streamed = sent(&body(WIRES[0].1, &ask));
        assert_eq!((&streamed["stream"], streamed.get("stream_options")), (&json!(true), None), "{unasked}");
    }
}

fn line() -> impl Strategy<Value = String> {
    "[a-zA-Z :{}\"\\\\é🧾\u{2028}]{0,12}"
}

proptest! {
    #[test]
    fn any_split_of_any_events_gives_the_same_events(
        given in prop::collection::vec(("[a-z_.]{0,8}", prop::collection::vec(line(), 1..4)), 0..6),
        line_end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        cuts in prop::collection::vec(any::<usize>(), 0..12),
        last_blank in any::<bool>(),
    ) {
        let mut stream = String::new();
        for (name, lines) in &given {
            let named = if name.is_empty() { String::new() } else { format!("event: {name}{line_end}") };
            let data: String = lines.iter().map(|line| format!("data: {line}{line_end}")).collect();
            stream.push_str(&format!(": ping{line_end}{named}{data}{line_end}"));
        }
        if !last_blank && let Some(cut) = stream.strip_suffix(line_end) {
            stream = cut.to_owned();
        }
        let wanted: Vec<Event> = given.iter().map(|(name, lines)| event(name, &lines.join("\n"))).collect();
        prop_assert_eq!(read(stream.as_bytes(), &cuts), wanted);
    }

    #[test]
    fn no_stream_is_too_strange(bytes in any::<Vec<u8>>(), json in "(data: [{}\\[\\]\":a1,]{0,12}\n\n){0,4}") {
        for (_, wire) in WIRES {
            let _ = assembled(wire, &bytes);
            let _ = assembled(wire, json.as_bytes());
        }
    }
}
