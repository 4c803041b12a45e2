//! `jqa api-keys …`.

use crate::args::api_keys::{ApiKeysCommand, CreateKeyArgs, ListKeysArgs, RevokeKeyArgs};
use crate::client::Client;
use crate::client::views::ApiKeyView;
use crate::exit::Exit;
use crate::output::{print, print_json, table};

/// Runs one of them.
pub(crate) async fn run(command: ApiKeysCommand, client: &Client) -> anyhow::Result<Exit> {
    match command {
        ApiKeysCommand::List(args) => list(&args, client).await,
        ApiKeysCommand::Create(args) => create(&args, client).await,
        ApiKeysCommand::Revoke(args) => revoke(&args, client).await,
    }
}

async fn list(args: &ListKeysArgs, client: &Client) -> anyhow::Result<Exit> {
    let keys = client.api_keys(&args.owner, args.limit).await?;
    if args.json {
        keys.iter().for_each(print_json);
        return Ok(Exit::Success);
    }
    let now = crate::output::now_ms();
    let rows: Vec<Vec<String>> = keys.iter().map(|key| row(key, now)).collect();
    print(&table::table(&["id", "name", "begins with", "state", "expires (UTC)", "last used (UTC)", "permissions"], &rows));
    Ok(Exit::Success)
}

fn row(key: &ApiKeyView, now_ms: i64) -> Vec<String> {
    let time =
        |at: Option<chrono::DateTime<chrono::Utc>>| at.map_or_else(|| "never".to_owned(), |at| at.format("%F %R").to_string());
    let state = match key.expires_at {
        _ if key.revoked_at.is_some() => "revoked",
        Some(at) if at.timestamp_millis() <= now_ms => "expired",
        _ => "active",
    };
    vec![
        key.id.to_string(),
        table::cut(&key.name, 30),
        key.prefix.clone(),
        state.to_owned(),
        time(key.expires_at),
        time(key.last_used_at),
        key.permissions.join(" "),
    ]
}

async fn create(args: &CreateKeyArgs, client: &Client) -> anyhow::Result<Exit> {
    let mut body = serde_json::json!({ "name": args.name, "never_expires": args.never_expires });
    if !args.permissions.is_empty() {
        body["permissions"] = serde_json::json!(args.permissions);
    }
    if let Some(days) = args.days {
        body["expires_in_days"] = days.into();
    }
    let made = client.create_api_key(body).await?;
    if args.json {
        print_json(&made);
        return Ok(Exit::Success);
    }
    let until = made.about.expires_at.map_or_else(|| "for ever".to_owned(), |at| format!("until {}", at.format("%F %R UTC")));
    eprintln!("{} is good {until}. It is shown this once; `jqa api-keys revoke {}` ends it.", made.about.prefix, made.about.id);
    print(&made.key);
    Ok(Exit::Success)
}

async fn revoke(args: &RevokeKeyArgs, client: &Client) -> anyhow::Result<Exit> {
    client.revoke_api_key(args.id).await?;
    eprintln!("revoked; it ends within 5 s on every server");
    Ok(Exit::Success)
}
