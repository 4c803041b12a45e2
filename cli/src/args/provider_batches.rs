//! Looking at batches at providers of models, and deciding about one that is lost.

use clap::{Args, Subcommand};
use shared::domain::provider_batch::{BatchDecision, ProviderBatchState};
use uuid::Uuid;

use super::generate::word;
use super::value::{batch_id, whole};

/// `jqa provider-batches …`.
#[derive(Debug, Subcommand)]
pub(crate) enum ProviderBatchesCommand {
    /// List batches, newest first
    List(ListBatchesArgs),
    /// Show one
    Show(ShowBatchArgs),
    /// Say what is to become of a batch that is `unknown`
    Decide(DecideArgs),
}

/// Which batches.
#[derive(Debug, Args)]
pub(crate) struct ListBatchesArgs {
    /// Only those in this state
    #[arg(long, value_name = "STATE", value_parser = word::<ProviderBatchState>())]
    pub(crate) state: Option<ProviderBatchState>,

    /// At most this many
    #[arg(long, default_value_t = 20, value_parser = whole(1..=10_000_u32))]
    pub(crate) limit: u32,

    /// Print one JSON object a line to stdout instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which batch.
#[derive(Debug, Args)]
pub(crate) struct ShowBatchArgs {
    /// The batch's id, as `jqa provider-batches list` shows it
    #[arg(value_name = "ID", value_parser = batch_id)]
    pub(crate) id: Uuid,
}

/// What is decided.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jqa provider-batches decide ID adopt --remote-id msgbatch_01H…   it is there: nothing is paid twice
  jqa provider-batches decide ID send_again                        it is not there; if it is, it is paid twice
  jqa provider-batches decide ID give_up                           its jobs fail")]
pub(crate) struct DecideArgs {
    /// The batch's id
    #[arg(value_name = "ID", value_parser = batch_id)]
    pub(crate) id: Uuid,

    /// What is to be done
    #[arg(value_name = "DECISION", value_parser = word::<BatchDecision>())]
    pub(crate) decision: BatchDecision,

    /// Its id at the provider; with `adopt`
    #[arg(long, value_name = "ID", required_if_eq("decision", "adopt"))]
    pub(crate) remote_id: Option<String>,
}
