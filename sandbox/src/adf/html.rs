//! A document as HTML, for the pages people look at.

use serde_json::Value;

/// Renders a document; unknown nodes show their children.
pub(crate) fn render(document: &Value) -> String {
    let mut out = String::new();
    node(document, &mut out);
    out
}

/// Text made safe for HTML bodies and quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

fn node(value: &Value, out: &mut String) {
    let attribute = |name: &str| escape(value["attrs"][name].as_str().unwrap_or_default());
    match value["type"].as_str().unwrap_or_default() {
        "text" => text(value, out),
        "hardBreak" => out.push_str("<br>"),
        "rule" => out.push_str("<hr>"),
        "paragraph" => wrap("p", value, out),
        "heading" => wrap(&format!("h{}", value["attrs"]["level"].as_u64().unwrap_or(3).clamp(1, 6)), value, out),
        "bulletList" => wrap("ul", value, out),
        "orderedList" => wrap("ol", value, out),
        "listItem" => wrap("li", value, out),
        "blockquote" => wrap("blockquote", value, out),
        "codeBlock" => {
            out.push_str("<pre><code>");
            children(value, out);
            out.push_str("</code></pre>");
        }
        "table" => wrap("table", value, out),
        "tableRow" => wrap("tr", value, out),
        "tableHeader" => wrap("th", value, out),
        "tableCell" => wrap("td", value, out),
        "panel" => section("div", &format!("panel {}", attribute("panelType")), value, out),
        "expand" | "nestedExpand" => {
            out.push_str(&format!("<details open><summary>{}</summary>", attribute("title")));
            children(value, out);
            out.push_str("</details>");
        }
        "taskList" | "decisionList" => section("ul", "tasks", value, out),
        "taskItem" | "decisionItem" => {
            let done = value["attrs"]["state"] == "DONE";
            out.push_str(if done { "<li>☑ " } else { "<li>☐ " });
            children(value, out);
            out.push_str("</li>");
        }
        "status" => out.push_str(&format!("<span class=\"lozenge {}\">{}</span>", attribute("color"), attribute("text"))),
        "mention" => out.push_str(&format!("<span class=\"mention\">{}</span>", attribute("text"))),
        "emoji" => out.push_str(&attribute("text")),
        "inlineCard" | "blockCard" => link(value["attrs"]["url"].as_str().unwrap_or_default(), &attribute("url"), out),
        _ => children(value, out),
    }
}

fn children(value: &Value, out: &mut String) {
    for child in value["content"].as_array().into_iter().flatten() {
        node(child, out);
    }
}

fn wrap(tag: &str, value: &Value, out: &mut String) {
    out.push_str(&format!("<{tag}>"));
    children(value, out);
    out.push_str(&format!("</{tag}>"));
}

fn section(tag: &str, class: &str, value: &Value, out: &mut String) {
    out.push_str(&format!("<{tag} class=\"{class}\">"));
    children(value, out);
    out.push_str(&format!("</{tag}>"));
}

fn link(href: &str, label: &str, out: &mut String) {
    let safe = ["http://", "https://", "mailto:"].iter().any(|scheme| href.starts_with(scheme));
    if safe {
        out.push_str(&format!("<a href=\"{}\">{label}</a>", escape(href)));
    } else {
        out.push_str(label);
    }
}

fn text(value: &Value, out: &mut String) {
    let mut html = escape(value["text"].as_str().unwrap_or_default());
    for mark in value["marks"].as_array().into_iter().flatten() {
        html = match mark["type"].as_str().unwrap_or_default() {
            "strong" => format!("<strong>{html}</strong>"),
            "em" => format!("<em>{html}</em>"),
            "code" => format!("<code>{html}</code>"),
            "strike" => format!("<s>{html}</s>"),
            "underline" => format!("<u>{html}</u>"),
            "link" => {
                let mut linked = String::new();
                link(mark["attrs"]["href"].as_str().unwrap_or_default(), &html, &mut linked);
                linked
            }
            _ => html,
        };
    }
    out.push_str(&html);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scripts_stay_text() {
        let document = json!({"type": "doc", "content": [{"type": "paragraph", "content": [
            {"type": "text", "text": "<script>", "marks": [{"type": "link", "attrs": {"href": "javascript:x"}}]}]}]});
        assert_eq!(render(&document), "<p>&lt;script&gt;</p>");
    }
}
