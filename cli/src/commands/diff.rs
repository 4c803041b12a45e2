//! `jqa diff`.

use shared::domain::diff::{Change, DiffLine, ItemDiff, ItemsDiff, LineChange, ResultDiff};

use crate::args::jobs::DiffArgs;
use crate::client::Client;
use crate::exit::Exit;
use crate::output::{plain, print, print_json, style};

/// Prints what differs between two results.
pub(crate) async fn run(args: &DiffArgs, client: &Client) -> anyhow::Result<Exit> {
    let diff = client.diff(args.before, args.after).await?;
    if args.json {
        print_json(&diff);
    } else {
        print(&told(&diff).join("\n"));
    }
    Ok(Exit::Success)
}

fn told(diff: &ResultDiff) -> Vec<String> {
    if diff.is_empty() {
        return vec!["nothing differs".to_owned()];
    }
    let mut lines = Vec::new();
    lines.extend(diff.story.iter().map(|part| format!("story: {} {}", plain(&part.part), part.change)));
    for (what, items) in [("criteria", &diff.criteria), ("scenarios", &diff.scenarios)] {
        lines.push(style::bold(&heading(what, items)));
        lines.extend(items.items.iter().flat_map(of_item));
    }
    lines.extend(diff.questions.iter().map(|question| {
        let sign = if question.change == Change::Added { style::good("+") } else { style::bad("-") };
        format!("{sign} question: {}", plain(&question.text))
    }));
    lines
}

fn heading(what: &str, items: &ItemsDiff) -> String {
    let count = |change| items.items.iter().filter(|item| item.change == change).count();
    let (added, changed, removed) = (count(Change::Added), count(Change::Changed), count(Change::Removed));
    format!("{what}: {added} added, {changed} changed, {removed} removed, {} as they were", items.unchanged.len())
}

fn of_item(item: &ItemDiff) -> Vec<String> {
    let fields = if item.fields.is_empty() { String::new() } else { format!(" ({})", item.fields.join(", ")) };
    let head = format!("{} {} {}{fields}", item.id, item.change, plain(&item.title));
    std::iter::once(head).chain(item.lines.iter().map(of_line)).collect()
}

fn of_line(line: &DiffLine) -> String {
    let text = plain(&line.text);
    match line.change {
        LineChange::Kept => format!("    {text}"),
        LineChange::Added => style::good(&format!("  + {text}")),
        LineChange::Removed => style::bad(&format!("  - {text}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_reads_like_a_diff() {
        let line = |change, text: &str| DiffLine { change, text: text.to_owned() };
        let item = ItemDiff {
            id: "AC-2".to_owned(),
            title: "A heavy parcel is refused".to_owned(),
            change: Change::Changed,
            fields: vec!["then".to_owned()],
            lines: vec![
                line(LineChange::Kept, "  When it weighs 26 kg"),
                line(LineChange::Removed, "  Then it is taken"),
                line(LineChange::Added, "  Then it is refused"),
            ],
        };
        let criteria = ItemsDiff { items: vec![item], unchanged: vec!["AC-1".to_owned()] };
        let diff = ResultDiff { criteria, ..ResultDiff::default() };
        insta::assert_snapshot!(told(&diff).join("\n"), @r"
        criteria: 0 added, 1 changed, 0 removed, 1 as they were
        AC-2 changed A heavy parcel is refused (then)
              When it weighs 26 kg
          -   Then it is taken
          +   Then it is refused
        scenarios: 0 added, 0 changed, 0 removed, 0 as they were
        ");
        assert_eq!(told(&ResultDiff::default()), ["nothing differs"]);
    }
}
