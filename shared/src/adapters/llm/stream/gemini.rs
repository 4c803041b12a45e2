//! Chunks of Gemini: each has the form of a whole answer and a piece of the text; the stream ends by being closed.

use serde_json::{Map, Value, json};

use super::sse::Event;
use super::{Assembly, Progress, Streams, append, object, said};
use crate::adapters::llm::gemini::Gemini;
use crate::adapters::llm::wire::{Ask, HttpBody};
use crate::ports::LlmError;

impl Streams for Gemini {
    fn streamed(&self, mut body: HttpBody, _: &Ask) -> HttpBody {
        if let Some(call) = body.path.last_mut() {
            *call = call.replace(":generateContent", ":streamGenerateContent").into();
        }
        body
    }

    /// Without it the answer is one list of JSON. The key stays in its header.
    fn query(&self) -> Option<&'static str> {
        Some("alt=sse")
    }

    fn begins_at_once(&self) -> bool {
        false
    }

    fn assembly(&self) -> Box<dyn Assembly> {
        Box::<GeminiAnswer>::default()
    }
}

#[derive(Debug, Default)]
struct GeminiAnswer {
    /// What the last chunks said beside their candidates.
    frame: Map<String, Value>,
    /// What they said of the candidate beside its parts.
    candidate: Option<Map<String, Value>>,
    role: Option<Value>,
    parts: Vec<Map<String, Value>>,
    held: usize,
}

impl GeminiAnswer {
    fn take_candidate(&mut self, mut candidate: Map<String, Value>) {
        if let Some(Value::Object(mut content)) = candidate.remove("content") {
            self.role = content.remove("role").or(self.role.take());
            if let Some(Value::Array(parts)) = content.remove("parts") {
                for part in parts {
                    if let Value::Object(part) = part {
                        self.take_part(part);
                    }
                }
            }
        }
        self.candidate.get_or_insert_default().extend(candidate);
    }

    fn take_part(&mut self, mut part: Map<String, Value>) {
        self.held += part.values().filter_map(Value::as_str).map(str::len).sum::<usize>() + 1;
        let goes_on = |last: &&mut Map<String, Value>| last.contains_key("text") && last.get("thought") == part.get("thought");
        match (self.parts.last_mut().filter(goes_on), part.remove("text")) {
            (Some(last), Some(Value::String(more))) => {
                append(last, "text", &more);
                last.extend(part);
            }
            (_, text) => {
                part.extend(text.map(|text| ("text".to_owned(), text)));
                self.parts.push(part);
            }
        }
    }
}

impl Assembly for GeminiAnswer {
    fn take(&mut self, event: &Event) -> Result<(), LlmError> {
        let Some(mut chunk) = object(event)? else { return Ok(()) };
        if let Some(Value::Array(candidates)) = chunk.remove("candidates") {
            let is_first = |candidate: &Map<String, Value>| said(candidate, "index").is_none_or(|index| index == 0);
            for candidate in candidates {
                if let Value::Object(candidate) = candidate
                    && is_first(&candidate)
                {
                    self.take_candidate(candidate);
                }
            }
        }
        for name in ["promptFeedback", "usageMetadata", "modelVersion", "responseId", "error"] {
            self.frame.extend(chunk.remove(name).map(|value| (name.to_owned(), value)));
        }
        Ok(())
    }

    fn progress(&self) -> Progress {
        let is_blocked = self.frame.get("promptFeedback").is_some_and(|told| told.get("blockReason").is_some());
        if said(&self.frame, "error").is_some() {
            Progress::Ended
        } else if is_blocked || self.candidate.as_ref().is_some_and(|told| said(told, "finishReason").is_some()) {
            Progress::Whole
        } else {
            Progress::Open
        }
    }

    fn held(&self) -> usize {
        self.held
    }

    fn answer(&mut self) -> Value {
        let mut answer = std::mem::take(&mut self.frame);
        if let Some(mut candidate) = self.candidate.take() {
            let parts: Vec<Value> = std::mem::take(&mut self.parts).into_iter().map(Value::Object).collect();
            let content = match self.role.take() {
                Some(role) => json!({ "role": role, "parts": parts }),
                None => json!({ "parts": parts }),
            };
            candidate.insert("content".to_owned(), content);
            answer.insert("candidates".to_owned(), json!([candidate]));
        }
        Value::Object(answer)
    }
}
