//! `jqa suspects`.

use crate::args::jobs::SuspectsArgs;
use crate::client::Client;
use crate::client::views::{HistoryView, SuspectView};
use crate::exit::Exit;
use crate::output::{plain, print, print_json, table};

/// Prints the results whose story is not what it was.
pub(crate) async fn run(args: &SuspectsArgs, client: &Client) -> anyhow::Result<Exit> {
    let results = client.suspects(args.issue_key.as_ref().map(ToString::to_string), args.limit).await?;
    if args.json {
        results.iter().for_each(print_json);
        return Ok(Exit::Success);
    }
    let rows: Vec<Vec<String>> = results.iter().map(row).collect();
    print(&table::table(&["story", "kind", "version", "suspect since (UTC)", "what changed", "job"], &rows));
    Ok(Exit::Success)
}

fn row(result: &HistoryView) -> Vec<String> {
    let suspect = result.suspect.as_ref();
    vec![
        plain(&result.issue_key),
        result.kind.to_string(),
        result.version.to_string(),
        suspect.map_or_else(|| "–".to_owned(), |suspect| suspect.since.format("%F %R").to_string()),
        suspect.map_or_else(|| "–".to_owned(), |suspect| table::cut(&parts(suspect), 60)),
        result.job_id.to_string(),
    ]
}

/// `description changed, comment:10234 added`.
pub(crate) fn parts(suspect: &SuspectView) -> String {
    let parts: Vec<String> = suspect.parts.iter().map(|part| format!("{} {}", plain(&part.part), part.change)).collect();
    parts.join(", ")
}
