//! `jqa generate --preview`: what a model would be sent, and what that may cost.

use serde_json::{Value, json};

use super::order::Order;
use crate::client::Client;
use crate::client::views::{PreviewView, PreviewedCall};
use crate::exit::Exit;
use crate::output::print;

/// Shows each request as it would be sent; nothing is sent to a model.
pub(super) async fn show(client: &Client, orders: Vec<Order>, as_json: bool) -> anyhow::Result<Exit> {
    for order in orders {
        let preview = client.preview(order.kind, order.body).await?;
        if as_json {
            print(&json!({ "type": "preview", "issue_key": order.key, "preview": preview }).to_string());
        } else {
            print(&in_words(&order.key, &preview));
        }
    }
    Ok(Exit::Success)
}

fn in_words(key: &str, preview: &PreviewView) -> String {
    let mut text = match preview.model.as_str() {
        "" => format!("{key}: {}", preview.provider),
        model => format!("{key}: {}/{model}, at most {}", preview.provider, usd(preview.at_most_usd)),
    };
    for note in &preview.notes {
        text += &format!("\n{note}");
    }
    preview.calls.iter().fold(text, |text, call| text + "\n\n" + &call_in_words(call))
}

fn call_in_words(call: &PreviewedCall) -> String {
    let PreviewedCall { stage, prompt_version, system, user, input_tokens, .. } = call;
    let about = call.about_usd.map_or_else(String::new, |cost| format!(", about {}", usd(Some(cost))));
    let most = usd(call.at_most_usd);
    format!(
        "=== {stage} ({prompt_version}): about {input_tokens} tokens{about}, at most {most}\n--- instructions\n{system}\n--- story\n{}",
        pretty(user)
    )
}

fn usd(cost: Option<f64>) -> String {
    cost.map_or_else(|| "an unknown price".to_owned(), |cost| format!("{cost:.4} USD"))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_reads_as_what_is_sent_and_what_it_costs() {
        let preview = |at_most: Value| -> PreviewView {
            let call = json!({ "stage": "criteria", "prompt_version": "criteria@1", "system": "Write.", "user": { "story": {} },
                "redacted": 0, "input_tokens": 9, "output_tokens": null, "about_usd": 0.0125, "at_most_usd": at_most });
            let view = json!({ "provider": "claude", "model": "sonnet", "policies": [], "calls": [call], "at_most_usd": at_most,
                "notes": ["Nothing is certain."] });
            serde_json::from_value(view).expect("a preview")
        };
        insta::assert_snapshot!(in_words("SHOP-1", &preview(json!(0.5))), @r#"
        SHOP-1: claude/sonnet, at most 0.5000 USD
        Nothing is certain.

        === criteria (criteria@1): about 9 tokens, about 0.0125 USD, at most 0.5000 USD
        --- instructions
        Write.
        --- story
        {
          "story": {}
        }
        "#);
        assert!(in_words("SHOP-1", &preview(Value::Null)).starts_with("SHOP-1: claude/sonnet, at most an unknown price\n"));
    }
}
