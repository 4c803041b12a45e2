//! `jqa story`.

use anyhow::Context as _;
use serde_json::Value;

use crate::args::jobs::StoryArgs;
use crate::client::Client;
use crate::exit::Exit;
use crate::output::{plain, print, print_json, style};

/// Prints a story as it is read.
pub(crate) async fn run(args: &StoryArgs, client: &Client) -> anyhow::Result<Exit> {
    let story = client.story(args.key.as_str(), args.connection.as_deref()).await?;
    if args.json {
        print_json(&story);
    } else {
        let story =
            serde_json::from_value(story).context("the story cannot be read; are client and server of the same version?")?;
        print(&page(&story));
    }
    Ok(Exit::Success)
}

fn page(story: &shared::domain::story::Story) -> String {
    let facts = [&story.issue_type, &story.status, &story.language.to_string()].map(|fact| plain(fact)).join(", ");
    let mut lines = vec![
        format!("{} {}", style::bold(&story.key), plain(&story.summary)),
        style::faint(&format!("{facts}  {}", plain(&story.url))),
    ];
    for part in &story.parts {
        lines.push(format!("\n{}\n{}", style::bold(&plain(&part.id)), plain(part.text.trim())));
    }
    for test in &story.tests.shown {
        let (title, status) = (style::bold(&plain(&test.key)), plain(&test.status));
        lines.push(format!("\n{title} {} ({status}), a test\n{}", plain(&test.summary), plain(test.text.trim())));
    }
    lines.extend(story.lossy.iter().map(|loss| format!("\nnot read: {}", plain(loss))));
    lines.join("\n")
}

/// A field of a loosely typed answer, on one line.
pub(super) fn field(value: &Value, name: &str) -> String {
    plain(value[name].as_str().unwrap_or_default())
}
