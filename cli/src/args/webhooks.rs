//! `jqa webhooks …`: where you are told what happens.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use shared::domain::webhook::WebhookEvent;
use shared::store::delivery::DeliveryStatus;
use uuid::Uuid;

use super::generate::word;
use super::value::{id, whole};

/// `jqa webhooks …`.
#[derive(Debug, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// List your endpoints and how they fare
    List(ListWebhooksArgs),
    /// Make an endpoint and print its secret, this once
    Create(CreateWebhookArgs),
    /// Change an endpoint
    Update(UpdateWebhookArgs),
    /// Remove an endpoint
    Delete(WebhookArgs),
    /// Send a message that means nothing, and tell what was answered
    Test(WebhookArgs),
    /// Give an endpoint another secret and print it, this once; the one before signs too for 24 hours
    Rotate(WebhookArgs),
    /// List what an endpoint was told, newest first
    Deliveries(DeliveriesArgs),
    /// Send a message again, or all that failed since then
    Redeliver(RedeliverArgs),
}

/// How to list.
#[derive(Debug, Args)]
pub(crate) struct ListWebhooksArgs {
    /// Print one JSON object a line to stdout instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// A new endpoint.
#[derive(Debug, Args)]
#[command(
    after_help = "Only the secret goes to stdout. Example:\n  jqa webhooks create https://ci.example.org/hooks/jqa --event job.failed --event batch.completed"
)]
pub(crate) struct CreateWebhookArgs {
    /// Where to
    #[arg(value_name = "URL")]
    pub(crate) address: String,

    /// What it is for; otherwise the host of the address
    #[arg(long)]
    pub(crate) name: Option<String>,

    /// What it is told, may be repeated; otherwise everything
    #[arg(long = "event", value_name = "EVENT", value_parser = word::<WebhookEvent>())]
    pub(crate) events: Vec<WebhookEvent>,

    /// Print JSON to stdout instead of the secret alone
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is to be changed.
#[derive(Debug, Args)]
pub(crate) struct UpdateWebhookArgs {
    /// The endpoint's id, as `jqa webhooks list` shows it
    #[arg(value_name = "ID", value_parser = id)]
    pub(crate) id: Uuid,

    /// Another address
    #[arg(long, value_name = "URL")]
    pub(crate) address: Option<String>,

    /// Another name
    #[arg(long)]
    pub(crate) name: Option<String>,

    /// What it is told from now on, may be repeated
    #[arg(long = "event", value_name = "EVENT", value_parser = word::<WebhookEvent>())]
    pub(crate) events: Vec<WebhookEvent>,

    /// Tell it everything it asked for; forgets that it failed
    #[arg(long, conflicts_with = "disable")]
    pub(crate) enable: bool,

    /// Tell it nothing
    #[arg(long)]
    pub(crate) disable: bool,
}

/// Which endpoint.
#[derive(Debug, Args)]
pub(crate) struct WebhookArgs {
    /// The endpoint's id, as `jqa webhooks list` shows it
    #[arg(value_name = "ID", value_parser = id)]
    pub(crate) id: Uuid,
}

/// Which deliveries.
#[derive(Debug, Args)]
pub(crate) struct DeliveriesArgs {
    /// The endpoint's id, as `jqa webhooks list` shows it
    #[arg(value_name = "ID", value_parser = id)]
    pub(crate) id: Uuid,

    /// Only those that stand so
    #[arg(long, value_parser = word::<DeliveryStatus>())]
    pub(crate) status: Option<DeliveryStatus>,

    /// At most this many
    #[arg(long, default_value_t = 50, value_parser = whole(1..=10_000_u32))]
    pub(crate) limit: u32,

    /// Print one JSON object a line to stdout instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is to be sent again.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  jqa webhooks redeliver DELIVERY-ID\n  jqa webhooks redeliver ENDPOINT-ID --failed-since 2026-11-23T08:00:00Z"
)]
pub(crate) struct RedeliverArgs {
    /// The id of a delivery, or with --failed-since that of an endpoint
    #[arg(value_name = "ID", value_parser = id)]
    pub(crate) id: Uuid,

    /// Everything that the endpoint did not take since then, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) failed_since: Option<DateTime<Utc>>,
}
