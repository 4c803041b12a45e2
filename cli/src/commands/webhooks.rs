//! `jqa webhooks …`.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use crate::args::webhooks::{
    CreateWebhookArgs, DeliveriesArgs, ListWebhooksArgs, RedeliverArgs, UpdateWebhookArgs, WebhooksCommand,
};
use crate::client::Client;
use crate::client::views::{DeliveryView, WebhookView};
use crate::exit::Exit;
use crate::output::{count, print, print_json, table};

/// How long the answer to a test is waited for: a try has 20 s.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(300);

/// Runs one of them.
pub(crate) async fn run(command: WebhooksCommand, client: &Client) -> anyhow::Result<Exit> {
    match command {
        WebhooksCommand::List(args) => list(&args, client).await,
        WebhooksCommand::Create(args) => create(&args, client).await,
        WebhooksCommand::Update(args) => update(&args, client).await,
        WebhooksCommand::Delete(args) => delete(args.id, client).await,
        WebhooksCommand::Test(args) => test(args.id, client).await,
        WebhooksCommand::Rotate(args) => rotate(args.id, client).await,
        WebhooksCommand::Deliveries(args) => deliveries(&args, client).await,
        WebhooksCommand::Redeliver(args) => redeliver(&args, client).await,
    }
}

async fn list(args: &ListWebhooksArgs, client: &Client) -> anyhow::Result<Exit> {
    let endpoints = client.webhooks().await?;
    if args.json {
        endpoints.iter().for_each(print_json);
        return Ok(Exit::Success);
    }
    let rows: Vec<Vec<String>> = endpoints.iter().map(row).collect();
    print(&table::table(&["id", "name", "state", "address", "events"], &rows));
    Ok(Exit::Success)
}

fn row(endpoint: &WebhookView) -> Vec<String> {
    let state = match (&endpoint.disabled_why, endpoint.failing_since) {
        (Some(why), _) => format!("disabled: {why}"),
        _ if !endpoint.enabled => "disabled".to_owned(),
        (None, Some(since)) => format!("failing since {}", since.format("%F %R UTC")),
        (None, None) => "active".to_owned(),
    };
    let name = table::cut(&endpoint.name, 30);
    vec![endpoint.id.to_string(), name, state, table::cut(&endpoint.url, 60), endpoint.events.join(" ")]
}

async fn create(args: &CreateWebhookArgs, client: &Client) -> anyhow::Result<Exit> {
    let mut body = json!({ "url": args.address, "name": args.name });
    if !args.events.is_empty() {
        body["events"] = json!(args.events);
    }
    let made = client.create_webhook(body).await?;
    if args.json {
        print_json(&made);
        return Ok(Exit::Success);
    }
    eprintln!(
        "{} is told from now on. Its secret is shown this once; `jqa webhooks test {}` tries it.",
        made.about.url, made.about.id
    );
    print(&made.secret);
    Ok(Exit::Success)
}

async fn update(args: &UpdateWebhookArgs, client: &Client) -> anyhow::Result<Exit> {
    let mut body = json!({ "url": args.address, "name": args.name });
    if !args.events.is_empty() {
        body["events"] = json!(args.events);
    }
    if args.enable || args.disable {
        body["enabled"] = args.enable.into();
    }
    let changed = client.change_webhook(args.id, body).await?;
    eprintln!("{} is {}", changed.name, if changed.enabled { "told" } else { "told nothing" });
    Ok(Exit::Success)
}

async fn delete(id: Uuid, client: &Client) -> anyhow::Result<Exit> {
    client.remove_webhook(id).await?;
    eprintln!("removed");
    Ok(Exit::Success)
}

async fn rotate(id: Uuid, client: &Client) -> anyhow::Result<Exit> {
    let made = client.rotate_webhook(id).await?;
    eprintln!("Messages are signed with this secret, and for 24 hours with the one before, too. It is shown this once.");
    print(&made.secret);
    Ok(Exit::Success)
}

async fn test(id: Uuid, client: &Client) -> anyhow::Result<Exit> {
    let sent = client.test_webhook(id).await?;
    let tried = tokio::time::timeout(PATIENCE, async {
        loop {
            let newest = client.deliveries(id, None, 20).await?;
            if let Some(tried) = newest.into_iter().find(|delivery| delivery.id == sent && delivery.tried_at.is_some()) {
                return anyhow::Ok(tried);
            }
            tokio::time::sleep(LOOK).await;
        }
    });
    let Ok(tried) = tried.await else {
        eprintln!("not sent yet; `jqa webhooks deliveries {id}` tells what becomes of it");
        return Ok(Exit::TimedOut);
    };
    let tried = tried?;
    let said = said(&tried);
    if tried.status == "succeeded" {
        eprintln!("taken: {said}");
        return Ok(Exit::Success);
    }
    eprintln!("not taken: {said}");
    Ok(Exit::Failure)
}

fn said(delivery: &DeliveryView) -> String {
    let status = delivery.last_status.map_or_else(String::new, |status| status.to_string());
    let error = delivery.last_error.clone().unwrap_or_default();
    let words = [status, error, delivery.last_answer.clone().unwrap_or_default()];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" · ")
}

async fn deliveries(args: &DeliveriesArgs, client: &Client) -> anyhow::Result<Exit> {
    let all = client.deliveries(args.id, args.status, args.limit).await?;
    if args.json {
        all.iter().for_each(print_json);
        return Ok(Exit::Success);
    }
    let rows: Vec<Vec<String>> = all.iter().map(delivery_row).collect();
    print(&table::table(&["id", "event", "state", "tries", "made (UTC)", "next try (UTC)", "answer"], &rows));
    Ok(Exit::Success)
}

fn delivery_row(delivery: &DeliveryView) -> Vec<String> {
    vec![
        delivery.id.to_string(),
        delivery.kind.clone().unwrap_or_default(),
        delivery.status.clone(),
        delivery.attempts.to_string(),
        delivery.created_at.format("%F %T").to_string(),
        delivery.next_try_at.map_or_else(|| "–".to_owned(), |at| at.format("%F %T").to_string()),
        table::cut(&said(delivery), 60),
    ]
}

async fn redeliver(args: &RedeliverArgs, client: &Client) -> anyhow::Result<Exit> {
    match args.failed_since {
        Some(since) => {
            let sent = usize::try_from(client.redeliver_failed(args.id, since).await?).unwrap_or(0);
            eprintln!("{} on the way again", count(sent, "message is", "messages are"));
        }
        None => {
            client.redeliver(args.id).await?;
            eprintln!("on the way again");
        }
    }
    Ok(Exit::Success)
}
