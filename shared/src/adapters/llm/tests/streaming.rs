//! Streams over HTTP: what is asked, what may come instead, and how long it may take.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::streams::{LONGEST, stream};
use super::wires::{Ending, WIRES, answer};
use super::{KEY, client, prompt, settings};
use crate::adapters::http::{self, ExchangeError, Secret, Trouble};
use crate::adapters::llm::servers::SERVERS;
use crate::adapters::llm::stream::limits::Limits;
use crate::adapters::llm::stream::receive::receive;
use crate::adapters::llm::{LlmSettings, StreamMode};
use crate::adapters::test_server::{End, Reply, Request, TestServer};
use crate::ports::{Completion, LlmError, LlmFailure};

const EVENTS: &str = "text/event-stream; charset=utf-8";
const TEXT: &str = "{\"a\":\"à 🧾\"}";
const SHORT: Duration = Duration::from_millis(60);
const LONG: Duration = Duration::from_secs(20);

fn provider(wire: &str) -> &'static str {
    match wire {
        "chat" => "openai_compatible",
        "responses" => "openai",
        "claude" => "claude",
        _ => "gemini",
    }
}

/// A connection that asks for streams and waits long.
fn streaming(wire: &str, server: &TestServer) -> LlmSettings {
    let common = settings(server);
    LlmSettings {
        stream: StreamMode::On,
        timeout: LONG,
        first_byte_timeout: LONG,
        idle_timeout: LONG,
        provider: provider(wire).to_owned(),
        ..common
    }
}

async fn asked(settings: &LlmSettings) -> Result<Completion, LlmFailure> {
    client(settings).complete(prompt()).await
}

fn in_pieces(text: &str, size: usize) -> Vec<Vec<u8>> {
    text.as_bytes().chunks(size).map(<[u8]>::to_vec).collect()
}

/// The first half of a stream.
fn half(wire: &str) -> Vec<Vec<u8>> {
    let stream = stream(wire, Some(TEXT), Ending::Done);
    vec![stream.as_bytes()[..stream.len() / 2].to_vec()]
}

fn told(error: &LlmError) -> &str {
    match error {
        LlmError::NoAnswer(why) => why,
        other => panic!("it should be no answer: {other}"),
    }
}

fn streams(asked: &Request) -> bool {
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    body["stream"] == true || asked.path.ends_with(":streamGenerateContent")
}

#[tokio::test]
async fn a_streamed_answer_is_the_same_as_one_that_was_not_wherever_its_pieces_end() {
    for (name, _) in WIRES {
        let whole = answer(name, Some(TEXT), Ending::Done);
        let server = TestServer::start(move |_| Reply::text(200, "application/json", &whole)).await;
        let plain = asked(&LlmSettings { stream: StreamMode::Off, ..streaming(name, &server) }).await.unwrap();
        assert!(!streams(&server.requests()[0]), "{name}");
        for size in [1, 2, 7, 1000] {
            let pieces = in_pieces(&stream(name, Some(TEXT), Ending::Done), size);
            let server = TestServer::start(move |_| Reply::streamed(EVENTS, pieces.clone(), End::Closed)).await;
            let streamed = asked(&streaming(name, &server)).await.unwrap();
            assert_eq!((&streamed.text, &streamed.model), (&plain.text, &plain.model), "{name} by {size}");
            assert_eq!((streamed.text.as_str(), streamed.usage), (TEXT, plain.usage), "{name} by {size}");
            let asked = server.requests().remove(0);
            assert!(streams(&asked), "{name}");
            let key = ["authorization", "x-api-key", "x-goog-api-key"].map(|header| asked.header(header)).concat();
            assert!(key.ends_with(KEY), "{name}");
            assert_eq!(asked.query, if name == "gemini" { "alt=sse" } else { "" }, "{name}: the key stays in its header");
            assert_eq!(asked.header("accept-encoding"), "identity", "{name}");
        }
    }
}

#[tokio::test]
async fn the_end_of_an_answer_is_not_waited_for_longer_than_its_last_event() {
    for (name, _) in WIRES.into_iter().filter(|(name, _)| *name != "gemini") {
        let pieces = in_pieces(&stream(name, Some(TEXT), Ending::Done), 100);
        let server = TestServer::start(move |_| Reply::streamed(EVENTS, pieces.clone(), End::Silent)).await;
        assert_eq!(asked(&streaming(name, &server)).await.unwrap().text, TEXT, "{name}");
    }
}

#[tokio::test]
async fn a_whole_answer_counts_whatever_becomes_of_the_connection_after_it() {
    for end in [End::Broken, End::Silent] {
        let whole = stream("gemini", Some(TEXT), Ending::Done).into_bytes();
        let server = TestServer::start(move |_| Reply::streamed(EVENTS, vec![whole.clone()], end)).await;
        let settings = LlmSettings { idle_timeout: SHORT, ..streaming("gemini", &server) };
        assert_eq!(asked(&settings).await.unwrap().text, TEXT, "{end:?}");
    }
}

#[tokio::test]
async fn refusals_and_cuts_come_in_streams_too() {
    for (name, _) in WIRES {
        for ending in [Ending::Refused, Ending::Cut] {
            let text = if name == "chat" && ending == Ending::Refused { None } else { Some("{\"a\":") };
            let pieces = in_pieces(&stream(name, text, ending), 9);
            let server = TestServer::start(move |_| Reply::streamed(EVENTS, pieces.clone(), End::Closed)).await;
            let failed = asked(&streaming(name, &server)).await.unwrap_err();
            let is_right = match ending {
                Ending::Cut => failed.error == LlmError::Truncated,
                _ => matches!(failed.error, LlmError::Refused(_)),
            };
            assert!(is_right, "{name} {ending:?}: {}", failed.error);
            assert_eq!(failed.usage.map(|usage| usage.output_tokens), Some(7), "{name} {ending:?}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_no_answer_and_keeps_what_was_told_of_its_cost() {
    for (name, _) in WIRES {
        for end in [End::Closed, End::Broken] {
            let pieces = half(name);
            let server = TestServer::start(move |_| Reply::streamed(EVENTS, pieces.clone(), end)).await;
            let failed = asked(&streaming(name, &server)).await.unwrap_err();
            let why = told(&failed.error);
            let wanted = if matches!(end, End::Closed) { "ended before the answer did" } else { "the connection broke" };
            assert!(why.contains(wanted), "{name}: {why}");
            let tells = matches!(name, "claude" | "gemini");
            assert_eq!(failed.usage.map(|usage| usage.input_tokens), tells.then_some(11), "{name}");
            assert_eq!(server.requests().len(), 1, "{name}: it may have been billed");
        }
    }
}

#[tokio::test]
async fn each_limit_that_passes_is_named_with_its_setting() {
    for (name, wire) in WIRES {
        let nothing = TestServer::start(|_| Reply::never()).await;
        let only_headers = TestServer::start(|_| Reply::streamed(EVENTS, Vec::new(), End::Silent)).await;
        let silent = TestServer::start(move |_| Reply::streamed(EVENTS, half(name), End::Silent)).await;
        let begins = |server: &TestServer| LlmSettings { first_byte_timeout: SHORT, ..streaming(name, server) };
        let speaks = |server: &TestServer| LlmSettings { idle_timeout: SHORT, ..streaming(name, server) };
        let ends = |server: &TestServer| LlmSettings { timeout: SHORT, ..streaming(name, server) };
        let (first, first_setting) = if wire.begins_at_once() {
            ([begins(&nothing), begins(&only_headers)], "JQA_LLM_FIRST_BYTE_TIMEOUT")
        } else {
            let quiet = |settings: LlmSettings| LlmSettings { idle_timeout: SHORT, ..settings };
            ([quiet(begins(&nothing)), quiet(begins(&only_headers))], "JQA_LLM_IDLE_TIMEOUT")
        };
        for (settings, what, setting) in [
            (&first[0], "first byte", first_setting),
            (&first[1], "first byte", first_setting),
            (&speaks(&silent), "silence", "JQA_LLM_IDLE_TIMEOUT"),
            (&ends(&silent), "whole answer", "JQA_LLM_TIMEOUT"),
            (&ends(&nothing), "whole answer", "JQA_LLM_TIMEOUT"),
        ] {
            let error = asked(settings).await.unwrap_err().error;
            let why = told(&error);
            assert!(why.contains(what) && why.contains(setting) && why.contains("60 ms"), "{name}: {why}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_not_streamed_may_take_its_time_to_begin() {
    let server = TestServer::start(|_| Reply::never()).await;
    let hasty = Duration::from_millis(1);
    let settings = LlmSettings {
        stream: StreamMode::Off,
        timeout: SHORT,
        first_byte_timeout: hasty,
        idle_timeout: hasty,
        ..streaming("claude", &server)
    };
    let error = asked(&settings).await.unwrap_err().error;
    assert!(told(&error).contains("JQA_LLM_TIMEOUT"), "{error}");
}

#[test]
fn a_connection_that_takes_too_long_is_told_from_a_slow_answer() {
    let limits = Limits::new(&LlmSettings::new("claude"), true);
    let failed = |trouble| limits.failed(ExchangeError { trouble, message: "m".to_owned() });
    assert!(told(&failed(Trouble::ConnectTimeout)).starts_with("no connection within 10 s"));
    assert!(told(&failed(Trouble::Timeout)).contains("300 s; JQA_LLM_TIMEOUT"));
    assert_eq!(failed(Trouble::TooLong), LlmError::InvalidReply("m".to_owned()));
}

#[tokio::test]
async fn plain_json_is_understood_although_a_stream_was_asked_for() {
    for (name, _) in WIRES {
        let whole = answer(name, Some(TEXT), Ending::Done);
        for (media, begin) in [("application/json", ""), ("text/event-stream", " \n"), ("text/plain", "\u{feff}\n")] {
            let pieces = in_pieces(&format!("{begin}{whole}"), 5);
            let server = TestServer::start(move |_| Reply::streamed(media, pieces.clone(), End::Closed)).await;
            let done = asked(&streaming(name, &server)).await;
            if begin.contains('\u{feff}') {
                assert!(matches!(done.unwrap_err().error, LlmError::InvalidReply(_)), "{name}: JSON has no mark of byte order");
            } else {
                assert_eq!(done.unwrap().text, TEXT, "{name} {media}");
            }
        }
        let pieces = in_pieces(&format!("\u{feff}: hello\n\n{}", stream(name, Some(TEXT), Ending::Done)), 1);
        let server = TestServer::start(move |_| Reply::streamed("text/plain", pieces.clone(), End::Closed)).await;
        assert_eq!(asked(&streaming(name, &server)).await.unwrap().text, TEXT, "{name}: and a stream of another type");
    }
}

#[tokio::test]
async fn what_is_answered_instead_of_a_stream_has_its_usual_class() {
    type Told = fn() -> Reply;
    type Check = fn(&LlmError) -> bool;
    let limited = || Reply::json(429, &json!({ "error": { "message": "m" } })).with("retry-after", "2");
    let cases: [(Told, Check); 8] = [
        (limited, |error| *error == LlmError::RateLimited { retry_after: Some(Duration::from_secs(2)) }),
        (|| Reply::json(401, &json!({})), |error| *error == LlmError::Unauthorized),
        (|| Reply::json(529, &json!({ "type": "error" })), |error| *error == LlmError::Overloaded(529)),
        (|| Reply::html(502, "<html>"), |error| *error == LlmError::Unavailable(502)),
        (|| Reply::html(200, "<html>"), |error| matches!(error, LlmError::InvalidReply(why) if why.contains("web page"))),
        (|| Reply::text(200, "application/json", ""), |error| matches!(error, LlmError::InvalidReply(_))),
        (|| Reply::text(200, "text/event-stream", ""), |error| told(error).contains("ended before")),
        (
            || Reply::text(400, "text/event-stream", "{\"error\":{\"code\":\"context_length_exceeded\"}}"),
            |error| *error == LlmError::TooLong,
        ),
    ];
    for (name, _) in WIRES {
        for (number, (reply, is_right)) in cases.into_iter().enumerate() {
            let server = TestServer::start(move |_| reply()).await;
            let error = asked(&streaming(name, &server)).await.unwrap_err().error;
            assert!(is_right(&error), "{name}, case {number}: {error}");
        }
    }
}

#[tokio::test]
async fn neither_key_nor_prompt_of_an_error_in_a_stream_is_shown() {
    let server = TestServer::start(|asked| {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let story = body["messages"][0]["content"].as_str().unwrap();
        let message = format!("{} cannot read {story}", asked.header("x-api-key"));
        let error = json!({ "type": "error", "error": { "type": "not_found_error", "message": message } });
        Reply::streamed(EVENTS, vec![format!("event: error\ndata: {error}\n\n").into_bytes()], End::Closed)
    })
    .await;
    let failed = asked(&streaming("claude", &server)).await.unwrap_err();
    let text = format!("{failed} {failed:?}");
    assert!(!text.contains(KEY) && !text.contains("invoice"), "{text}");
}

#[tokio::test]
async fn no_more_of_an_answer_is_read_than_allowed() {
    let long = stream("claude", Some(&"x".repeat(5000)), Ending::Done);
    let plain = answer("claude", Some(&"x".repeat(5000)), Ending::Done);
    for (body, fits) in [(long, true), (plain, true), (" ".repeat(5000), false)] {
        let server = TestServer::start(move |_| Reply::streamed(EVENTS, in_pieces(&body, 50), End::Closed)).await;
        let (settings, wire) = (streaming("claude", &server), WIRES[2].1);
        let get = || http::client().build().unwrap().get(server.url());
        let limits = Limits::new(&settings, true);
        let short = receive(get(), wire, &limits, 2000).await.unwrap_err().error;
        assert!(matches!(short, LlmError::InvalidReply(_)), "{short}");
        let whole = receive(get(), wire, &limits, LONGEST).await;
        assert_eq!(whole.is_ok(), fits, "nothing but blanks is no stream");
    }
}

#[tokio::test]
async fn streams_are_asked_of_those_who_are_known_to_stream_unless_the_settings_say_otherwise() {
    let asks = async |wire: &str, change: &(dyn Fn(&mut LlmSettings) + Sync)| {
        let whole = answer(wire, Some("{}"), Ending::Done);
        let server = TestServer::start(move |_| Reply::text(200, "application/json", &whole)).await;
        let mut settings = LlmSettings { stream: StreamMode::Auto, ..streaming(wire, &server) };
        change(&mut settings);
        asked(&settings).await.unwrap();
        streams(&server.requests()[0])
    };
    for (name, _) in WIRES {
        assert_eq!(asks(name, &|_| {}).await, name != "chat", "{name}");
        assert!(asks(name, &|settings| settings.stream = StreamMode::On).await, "{name}");
        assert!(!asks(name, &|settings| settings.stream = StreamMode::Off).await, "{name}");
    }
    for server in SERVERS {
        let named = |settings: &mut LlmSettings| settings.server = Some(server.name.to_owned());
        assert_eq!(asks("chat", &named).await, !matches!(server.name, "ollama" | "other"), "{}", server.name);
    }
}

/// The double that the whole product is tried with, with all of its misbehaviour.
#[tokio::test]
async fn the_streams_of_the_sandbox_are_read_in_every_form_and_its_faults_are_told_apart() {
    let sandbox = sandbox::bind("127.0.0.1:0".parse().unwrap(), sandbox::Options::with_stories(vec![])).await.unwrap();
    for (name, _) in WIRES {
        let settings = |model: &str| LlmSettings {
            base_url: Some(Url::parse(&format!("{}/llm/v1", sandbox.url())).unwrap()),
            api_key: Some(Secret::new(KEY)),
            model: Some(model.to_owned()),
            stream: StreamMode::On,
            timeout: LONG,
            ..LlmSettings::new(provider(name))
        };
        let plain = asked(&LlmSettings { stream: StreamMode::Off, ..settings("sandbox") }).await.unwrap();
        for model in ["sandbox", "sandbox-stream-split", "sandbox-stream-pings", "sandbox-stream-plain"] {
            let done = asked(&settings(model)).await.unwrap();
            assert_eq!((done.text, done.usage), (plain.text.clone(), plain.usage), "{name} {model}");
            assert_eq!(done.model, model, "{name}");
        }
        let late = LlmSettings { first_byte_timeout: SHORT, idle_timeout: SHORT, ..settings("sandbox-stream-late") };
        assert!(told(&asked(&late).await.unwrap_err().error).contains("first byte"), "{name}");
        let silent = LlmSettings { first_byte_timeout: LONG, idle_timeout: SHORT, ..settings("sandbox-stream-silent") };
        assert!(told(&asked(&silent).await.unwrap_err().error).contains("silence"), "{name}");
        let failed = async |model: &str| asked(&settings(model)).await.unwrap_err().error;
        assert!(told(&failed("sandbox-stream-broken").await).contains("broke"), "{name}");
        assert!(told(&failed("sandbox-stream-closed").await).contains("ended before"), "{name}");
        let overloaded = failed("sandbox-stream-error").await;
        assert!(matches!(overloaded, LlmError::Overloaded(503 | 529)), "{name}: {overloaded}");
        assert_eq!(failed("sandbox-truncated").await, LlmError::Truncated, "{name}");
        assert!(matches!(failed("sandbox-refusal").await, LlmError::Refused(_)), "{name}");
        assert!(matches!(failed("sandbox-no-credit").await, LlmError::QuotaExhausted(_)), "{name}");
        assert_eq!(failed("sandbox-html").await, LlmError::Unavailable(502), "{name}");
        let limited = LlmError::RateLimited { retry_after: Some(Duration::from_secs(1)) };
        assert_eq!(failed("sandbox-429").await, limited, "{name}");
    }
}
