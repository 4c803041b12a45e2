//! Making and revoking API keys.

use clap::{Args, Subcommand};
use shared::domain::user::Permission;
use uuid::Uuid;

use super::generate::word;
use super::value::{id, whole};

/// `jqa api-keys …`.
#[derive(Debug, Subcommand)]
pub(crate) enum ApiKeysCommand {
    /// List keys, newest first
    List(ListKeysArgs),
    /// Make a key and print it, this once
    Create(CreateKeyArgs),
    /// Revoke a key; it ends within 5 s on every server
    Revoke(RevokeKeyArgs),
}

/// Which keys.
#[derive(Debug, Args)]
pub(crate) struct ListKeysArgs {
    /// Whose: me, all, or the id of a user; others' are for administrators
    #[arg(long, default_value = "me", value_name = "me|all|ID")]
    pub(crate) owner: String,

    /// At most this many
    #[arg(long, default_value_t = 100, value_parser = whole(1..=10_000_u32))]
    pub(crate) limit: u32,

    /// Print one JSON object a line to stdout instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// A new key.
#[derive(Debug, Args)]
#[command(
    after_help = "Only the key goes to stdout. Example:\n  jqa api-keys create ci --permission read --permission generate_scenarios | gh secret set JQA_TOKEN"
)]
pub(crate) struct CreateKeyArgs {
    /// What it is for
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// What it may be used for, may be repeated; otherwise all that your role holds but administer
    #[arg(long = "permission", value_name = "PERMISSION", value_parser = word::<Permission>())]
    pub(crate) permissions: Vec<Permission>,

    /// How long it is good for; otherwise 90 days
    #[arg(long, value_name = "DAYS", value_parser = whole(1..=36_500_u32), conflicts_with = "never_expires")]
    pub(crate) days: Option<u32>,

    /// Make it good for ever, where the server allows that
    #[arg(long)]
    pub(crate) never_expires: bool,

    /// Print JSON to stdout instead of the key alone
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which key.
#[derive(Debug, Args)]
pub(crate) struct RevokeKeyArgs {
    /// The key's id, as `jqa api-keys list` shows it
    #[arg(value_name = "ID", value_parser = id)]
    pub(crate) id: Uuid,
}
