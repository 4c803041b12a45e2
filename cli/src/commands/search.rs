//! `jqa search`.

use super::story::field;
use crate::args::jobs::SearchArgs;
use crate::client::Client;
use crate::exit::Exit;
use crate::output::{print, print_json, table};

/// Lists the stories a query finds.
pub(crate) async fn run(args: &SearchArgs, client: &Client) -> anyhow::Result<Exit> {
    let issues = client.search(&args.jql, args.limit).await?;
    if args.json {
        issues.iter().for_each(print_json);
        return Ok(Exit::Success);
    }
    let row = |issue| {
        vec![field(issue, "key"), field(issue, "issue_type"), field(issue, "status"), table::cut(&field(issue, "summary"), 80)]
    };
    let rows: Vec<Vec<String>> = issues.iter().map(row).collect();
    print(&table::table(&["key", "type", "status", "summary"], &rows));
    Ok(Exit::Success)
}
