//! `jqa fields`.

use serde_json::Value;

use super::story::field;
use crate::args::jobs::FieldsArgs;
use crate::client::Client;
use crate::exit::Exit;
use crate::output::{print, print_json, table};

/// Prints what the issues of a project are made of.
pub(crate) async fn run(args: &FieldsArgs, client: &Client) -> anyhow::Result<Exit> {
    let project = client.project_fields(&args.project, args.connection.as_deref()).await?;
    if args.json {
        print_json(&project);
    } else {
        let rows: Vec<Vec<String>> = list(&project, "issue_types").flat_map(rows).collect();
        print(&table::table(&["type", "id", "name", "holds", "required", "our section", "values"], &rows));
    }
    Ok(Exit::Success)
}

fn rows(kind: &Value) -> impl Iterator<Item = Vec<String>> {
    let name = field(kind, "name");
    list(kind, "fields").map(move |one| {
        let yes = |name: &str| if one[name] == true { "yes".to_owned() } else { String::new() };
        let values: Vec<String> = list(one, "allowed_values").take(5).map(value).collect();
        vec![
            table::cut(&name, 20),
            field(one, "id"),
            table::cut(&field(one, "name"), 30),
            field(one, "kind"),
            yes("required"),
            yes("takes_text"),
            table::cut(&values.join(", "), 40),
        ]
    })
}

fn value(allowed: &Value) -> String {
    let name = ["value", "name", "key", "id"].into_iter().map(|name| field(allowed, name)).find(|text| !text.is_empty());
    name.unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}
