//! What a request shows the model: the story, the criteria, the schema.

use serde_json::{Value, json};

use crate::loader::split_key;

/// The parts of a request that matter here.
pub(super) struct Prompt {
    /// `criteria`, `scenarios`, or the name of another schema.
    pub(super) call: String,
    pub(super) schema: Option<Value>,
    /// What the caller itself says.
    pub(super) instructions: String,
    /// The object that holds the story.
    pub(super) shown: Value,
    pub(super) key: Option<String>,
}

/// A piece of the story.
pub(super) struct Part {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) text: String,
}

impl Prompt {
    pub(super) fn read(request: &Value) -> Self {
        let messages = request["messages"].as_array().into_iter().flatten();
        let said: Vec<String> =
            messages.filter(|message| message["role"] == "user").map(|message| words(&message["content"])).collect();
        let shown = said
            .iter()
            .rev()
            .filter_map(|text| largest_object(text))
            .find(has_story)
            .or_else(|| said.iter().rev().find_map(|text| largest_object(text)));
        let shown =
            shown.unwrap_or_else(|| json!({"story": {"parts": [{"id": "message", "kind": "text", "text": said.last()}]}}));
        let format = &request["response_format"]["json_schema"];
        let guess = if shown["criteria"].is_array() { "scenarios" } else { "criteria" };
        let call = format["name"].as_str().unwrap_or(guess).to_owned();
        let key =
            shown["story"]["key"].as_str().map(str::to_owned).or_else(|| said.iter().rev().find_map(|text| first_key(text)));
        let schema = format.get("schema").filter(|schema| schema.is_object()).cloned();
        let instructions = instructions(request).collect::<Vec<_>>().join("\n");
        Self { call, schema: schema.or_else(|| told_schema(request)), instructions, shown, key }
    }

    /// The story, wherever the object keeps it.
    pub(super) fn story(&self) -> &Value {
        if self.shown["story"].is_object() { &self.shown["story"] } else { &self.shown }
    }

    /// The pieces of the story that say something, without its title.
    pub(super) fn parts(&self) -> Vec<Part> {
        let story = self.story();
        if let Some(changed) = self.shown["changed"].as_array() {
            return changed.iter().map(new_lines).collect();
        }
        if let Some(parts) = story["parts"].as_array() {
            let text = |part: &Value, name: &str| part[name].as_str().unwrap_or_default().to_owned();
            return parts
                .iter()
                .map(|part| Part { id: text(part, "id"), kind: text(part, "kind"), text: text(part, "text") })
                .collect();
        }
        let fields = ["acceptance_criteria", "description", "text"];
        let known = fields.iter().filter_map(|name| Some(((*name).to_owned(), story[*name].as_str()?.to_owned())));
        known.map(|(name, text)| Part { id: name.clone(), kind: name, text }).collect()
    }
}

/// What a part says that it did not say before.
fn new_lines(changed: &Value) -> Part {
    let lines = changed["new"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
    let id = changed["part"].as_str().unwrap_or_default().to_owned();
    Part { kind: id.clone(), id, text: lines.join("\n") }
}

/// The schema, where it stands in the instructions.
fn told_schema(request: &Value) -> Option<Value> {
    instructions(request).filter_map(|text| largest_object(&text)).find(|object| object["properties"].is_object())
}

fn instructions(request: &Value) -> impl Iterator<Item = String> {
    let messages = request["messages"].as_array().into_iter().flatten();
    messages.filter(|message| message["role"] == "system").map(|message| words(&message["content"]))
}

fn has_story(value: &Value) -> bool {
    value["story"].is_object() || value["parts"].is_array()
}

fn words(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}

/// The longest stretch of a text that is one JSON object.
fn largest_object(text: &str) -> Option<Value> {
    let mut best: Option<(usize, Value)> = None;
    let mut at = 0;
    while let Some(start) = text[at..].find('{').map(|start| start + at) {
        let mut stream = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                let length = stream.byte_offset();
                if value.as_object().is_some_and(|object| !object.is_empty())
                    && best.as_ref().is_none_or(|(longest, _)| length > *longest)
                {
                    best = Some((length, value));
                }
                at = start + length.max(1);
            }
            _ => at = start + 1,
        }
    }
    best.map(|(_, value)| value)
}

fn first_key(text: &str) -> Option<String> {
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    words.find(|word| split_key(word).is_some_and(|(project, _)| project.len() > 1)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_object_is_found_in_prose() {
        let text = "Format: {\"a\": 1}. Story:\n<data>{\"story\": {\"key\": \"AB-1\", \"parts\": []}}</data> {broken";
        assert_eq!(largest_object(text).unwrap()["story"]["key"], "AB-1");
        let request = json!({"messages": [{"role": "user", "content": text}, {"role": "user", "content": "repair {\"x\": 1}"}]});
        let prompt = Prompt::read(&request);
        assert_eq!((prompt.key.as_deref(), prompt.call.as_str()), (Some("AB-1"), "criteria"));
    }
}
