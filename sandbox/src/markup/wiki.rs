//! Jira wiki markup, rewritten as Markdown line by line.

/// Whether the text carries marks only wiki markup has.
pub(super) fn looks_like_wiki(source: &str) -> bool {
    const INSIDE: &[&str] = &["{code", "{noformat", "{{", "{quote}", "{panel", "{color", "[~", "(!)", "(/)"];
    INSIDE.iter().any(|mark| source.contains(mark))
        || source.lines().any(|line| heading(line.trim_start()).is_some() || line.starts_with("||") || line.starts_with("** "))
}

/// The same text in Markdown.
pub(super) fn to_markdown(source: &str) -> String {
    let mut out = Vec::new();
    let mut quoting = false;
    let mut verbatim = false;
    for line in source.lines() {
        let trimmed = line.trim();
        if let Some(language) = code_mark(trimmed) {
            out.push(if verbatim { "```".to_owned() } else { format!("```{language}") });
            verbatim = !verbatim;
        } else if verbatim {
            verbatim = code_line(line, &mut out);
        } else if trimmed == "{quote}" {
            quoting = !quoting;
        } else if let Some(panel) = container(trimmed) {
            out.push(panel);
        } else {
            let converted = block(trimmed, line);
            out.push(if quoting { format!("> {converted}") } else { converted });
        }
    }
    out.join("\n")
}

fn code_line(line: &str, out: &mut Vec<String>) -> bool {
    match line.split_once("{code}").or_else(|| line.split_once("{noformat}")) {
        Some((before, _)) => {
            out.push(before.to_owned());
            out.push("```".to_owned());
            false
        }
        None => {
            out.push(line.to_owned());
            true
        }
    }
}

fn code_mark(line: &str) -> Option<&str> {
    let inner = line.strip_prefix('{')?.strip_suffix('}')?;
    if inner == "code" || inner == "noformat" {
        return Some("");
    }
    let options = inner.strip_prefix("code:")?;
    let language = options.split('|').find(|option| !option.contains('='));
    Some(language.unwrap_or_default())
}

fn container(line: &str) -> Option<String> {
    let inner = line.strip_prefix('{')?.strip_suffix('}')?;
    let (name, options) = inner.split_once(':').unwrap_or((inner, ""));
    let kind = match name {
        "panel" | "info" => "info",
        "note" => "note",
        "warning" => "warning",
        "tip" => "success",
        "expand" => "expand",
        _ => return None,
    };
    let title = options.split('|').find_map(|option| option.strip_prefix("title=")).unwrap_or_default();
    Some(if kind == "expand" || !title.is_empty() { format!(":::{kind} {title}") } else { format!(":::{kind}") })
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let rest = line.strip_prefix('h')?;
    let level = rest.chars().next()?.to_digit(10).filter(|level| (1..=6).contains(level))?;
    Some((level as usize, rest[1..].strip_prefix('.')?.trim()))
}

fn block(trimmed: &str, line: &str) -> String {
    if let Some((level, title)) = heading(trimmed) {
        return format!("{} {}", "#".repeat(level), inline(title));
    }
    if let Some(quoted) = trimmed.strip_prefix("bq. ") {
        return format!("> {}", inline(quoted));
    }
    if let Some((marks, rest)) = list_item(trimmed) {
        let marker = if marks.ends_with('#') { "1." } else { "-" };
        return format!("{}{marker} {}", "   ".repeat(marks.len() - 1), inline(rest));
    }
    if trimmed.starts_with("||") {
        let cells: Vec<String> = trimmed.trim_matches('|').split("||").map(|cell| inline(cell.trim())).collect();
        return format!("| {} |\n|{}", cells.join(" | "), "---|".repeat(cells.len()));
    }
    inline(line)
}

fn list_item(line: &str) -> Option<(&str, &str)> {
    let (marks, rest) = line.split_once(' ')?;
    let only_marks = marks.chars().all(|c| matches!(c, '*' | '#' | '-')) && !marks.is_empty();
    (only_marks && !marks.starts_with("---")).then_some((marks, rest.trim()))
}

fn inline(text: &str) -> String {
    const SYMBOLS: &[(&str, &str)] =
        &[("(!)", "⚠️"), ("(/)", "✅"), ("(x)", "❌"), ("(?)", "❓"), ("(i)", "ℹ️"), ("{{", "`"), ("}}", "`"), ("{code}", "`")];
    let mut out = text.to_owned();
    for (from, to) in SYMBOLS {
        out = out.replace(from, to);
    }
    while let Some(start) = out.find("{color") {
        let Some(length) = out[start..].find('}') else { break };
        out.replace_range(start..=start + length, "");
    }
    links(&struck(&bold(&out)))
}

/// `-words-` becomes `~~words~~`; hyphens within and between words, in code and across cells stay.
fn struck(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut closed) = (text, true);
    while let Some(start) = rest.find(['-', '`']) {
        let (head, tail) = rest.split_at(start);
        out.push_str(head);
        let (mark, tail) = tail.split_at(1);
        if mark == "`" {
            let end = tail.find('`').map_or(0, |end| end + 1);
            out.push_str(mark);
            out.push_str(&tail[..end]);
            rest = &tail[end..];
            continue;
        }
        let opens = out.is_empty() || out.ends_with(|c: char| c.is_whitespace() || c == '(');
        // Where one is not closed, none after it is.
        let end = if closed && opens && !tail.starts_with([' ', '-']) { closing(tail) } else { None };
        closed &= end.is_some() || !opens;
        match end {
            Some(end) => {
                out.push_str(&format!("~~{}~~", &tail[..end]));
                rest = &tail[end + 1..];
            }
            None => {
                out.push('-');
                rest = tail;
            }
        }
    }
    out + rest
}

/// Where struck words end: at a hyphen behind a word and before none.
fn closing(text: &str) -> Option<usize> {
    let cell = text.find(['|', '`']).unwrap_or(text.len());
    let closes = |(at, _): &(usize, &str)| {
        let before = text[..*at].chars().next_back();
        let after = text[at + 1..].chars().next();
        before.is_some_and(|c| !c.is_whitespace() && c != '-') && !after.is_some_and(|c| c.is_alphanumeric() || c == '-')
    };
    text[..cell].match_indices('-').find(closes).map(|(at, _)| at)
}

/// `*word*` becomes `**word**`; stars inside words and code stay.
fn bold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(start) = rest.find(['*', '`']) {
        let (head, tail) = rest.split_at(start);
        before = head.chars().last().unwrap_or(before);
        out.push_str(head);
        let mark = &tail[..1];
        let end = tail[1..].find(mark).map(|end| end + 1);
        match end {
            Some(end) if mark == "`" => out.push_str(&tail[..=end]),
            Some(end) if !before.is_alphanumeric() && end > 1 && !tail[1..].starts_with([' ', '*']) => {
                out.push_str(&format!("**{}**", &tail[1..end]));
            }
            _ => {
                out.push_str(mark);
                rest = &tail[1..];
                continue;
            }
        }
        rest = &tail[end.unwrap_or(0) + 1..];
        before = '*';
    }
    out + rest
}

/// `[words|https://…]` and `[https://…]` become Markdown links.
fn links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        out.push_str(&rest[..start]);
        let tail = &rest[start..];
        let Some(end) = tail.find(']') else { return out + tail };
        let inner = &tail[1..end];
        match inner.split_once('|') {
            Some((words, url)) if url.starts_with("http") => out.push_str(&format!("[{words}]({url})")),
            None if inner.starts_with("http") => out.push_str(&format!("<{inner}>")),
            _ => out.push_str(&tail[..=end]),
        }
        rest = &tail[end + 1..];
    }
    out + rest
}
