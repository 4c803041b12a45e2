//! Documents as Jira wiki markup, as people in a data centre would have written the same story.

use serde_json::Value;

/// A document as wiki markup; empty for none.
pub(crate) fn wiki(document: &Value) -> String {
    blocks(document, "").trim_end().to_owned()
}

fn children(node: &Value) -> impl Iterator<Item = &Value> {
    node["content"].as_array().into_iter().flatten()
}

fn blocks(node: &Value, marks: &str) -> String {
    let parts = children(node).map(|child| block(child, marks)).filter(|part| !part.trim().is_empty());
    parts.collect::<Vec<_>>().join("\n\n")
}

fn block(node: &Value, marks: &str) -> String {
    let attr = |name: &str| node["attrs"][name].as_str().unwrap_or_default();
    match node["type"].as_str().unwrap_or_default() {
        "paragraph" | "caption" => inline(node),
        "heading" => format!("h{}. {}", node["attrs"]["level"], inline(node)),
        "rule" => "----".to_owned(),
        "codeBlock" => {
            let language = if attr("language").is_empty() { String::new() } else { format!(":{}", attr("language")) };
            format!("{{code{language}}}\n{}\n{{code}}", inline(node))
        }
        "blockquote" => format!("{{quote}}\n{}\n{{quote}}", blocks(node, "")),
        "panel" => format!("{{panel}}\n{}\n{{panel}}", blocks(node, "")),
        "expand" | "nestedExpand" => format!("*{}*\n\n{}", attr("title"), blocks(node, "")),
        "bulletList" | "taskList" | "decisionList" => items(node, &format!("{marks}*")),
        "orderedList" => items(node, &format!("{marks}#")),
        "table" => children(node).map(row).collect::<Vec<_>>().join("\n"),
        "mediaSingle" | "mediaGroup" => children(node).map(media).collect::<Vec<_>>().join(" "),
        "media" => media(node),
        "blockCard" | "embedCard" => attr("url").to_owned(),
        _ if node["content"].is_array() => blocks(node, marks),
        _ => inline_node(node),
    }
}

fn items(list: &Value, marks: &str) -> String {
    children(list).map(|item| self::item(item, marks)).collect::<Vec<_>>().join("\n")
}

/// An item: its words on one line, deeper lists below.
fn item(item: &Value, marks: &str) -> String {
    let is_block = |node: &&Value| node["type"] != "text" && (node["content"].is_array() || node["type"] == "paragraph");
    let loose: String = children(item).filter(|node| !is_block(node)).map(inline_node).collect();
    let task = match item["attrs"]["state"].as_str() {
        Some("DONE") => "(/) ",
        _ => "",
    };
    let mut line = vec![loose];
    let mut below = Vec::new();
    for child in children(item).filter(is_block) {
        match child["type"].as_str() {
            Some("bulletList" | "orderedList" | "taskList" | "codeBlock") => below.push(block(child, marks)),
            _ => line.push(block(child, marks).replace('\n', " \\\\ ")),
        }
    }
    line.retain(|part| !part.is_empty());
    std::iter::once(format!("{marks} {task}{}", line.join(" \\\\ "))).chain(below).collect::<Vec<_>>().join("\n")
}

fn row(row: &Value) -> String {
    let mut out = String::new();
    let mut bar = "|";
    for cell in children(row) {
        bar = if cell["type"] == "tableHeader" { "||" } else { "|" };
        let words = blocks(cell, "").replace("\n\n", " \\\\ ").replace('|', "\\|");
        out.push_str(&format!("{bar}{}", if words.is_empty() { " " } else { &words }));
    }
    out + bar
}

fn media(node: &Value) -> String {
    format!("!{}!", node["attrs"]["alt"].as_str().unwrap_or("image.png"))
}

fn inline(node: &Value) -> String {
    children(node).map(inline_node).collect()
}

fn inline_node(node: &Value) -> String {
    let attr = |name: &str| node["attrs"][name].as_str().unwrap_or_default();
    match node["type"].as_str().unwrap_or_default() {
        "text" => marked(node),
        "hardBreak" => "\n".to_owned(),
        "mention" => format!("[~{}]", attr("text").trim_start_matches('@').to_lowercase().replace(' ', ".")),
        "status" => format!("*{}*", attr("text")),
        "emoji" => if attr("text").is_empty() { attr("shortName") } else { attr("text") }.to_owned(),
        "date" => {
            let day = attr("timestamp").parse().ok().and_then(chrono::DateTime::from_timestamp_millis);
            day.map(|day| day.format("%Y-%m-%d").to_string()).unwrap_or_default()
        }
        "inlineCard" => format!("[{}]", attr("url")),
        "mediaInline" => media(node),
        _ => ["text", "title", "url"].iter().map(|name| attr(name)).find(|text| !text.is_empty()).unwrap_or_default().to_owned(),
    }
}

fn marked(node: &Value) -> String {
    let mut text = node["text"].as_str().unwrap_or_default().to_owned();
    let marks: Vec<&Value> = node["marks"].as_array().into_iter().flatten().collect();
    let has = |name: &str| marks.iter().any(|mark| mark["type"] == name);
    if has("code") {
        return format!("{{{{{text}}}}}");
    }
    for (mark, sign) in [("strike", "-"), ("em", "_"), ("strong", "*")] {
        if has(mark) {
            text = format!("{sign}{text}{sign}");
        }
    }
    let link = marks.iter().find(|mark| mark["type"] == "link").and_then(|mark| mark["attrs"]["href"].as_str());
    link.map_or_else(|| text.clone(), |href| if href == text { format!("[{href}]") } else { format!("[{text}|{href}]") })
}
