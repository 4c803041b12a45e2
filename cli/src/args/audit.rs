//! `jqa audit …`: commands that open the database.

use clap::{Args, Subcommand};

/// `jqa audit …`.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that nobody changed, removed, added or moved entries; safe beside a running server
    Verify(VerifyArgs),
    /// Print the signed head of the log, to be kept elsewhere; safe beside a running server
    Head(HeadArgs),
}

/// `jqa audit verify`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Needs the settings of the server: JQA_DATABASE_URL and the secret keys, older ones too.
Exit codes: 0 the log is good, 1 it was tampered with, 2 usage or settings, 3 the database cannot be reached.

Examples:
  jqa audit verify
  jqa audit verify --expect-head /mnt/elsewhere/heads.log --json")]
pub(crate) struct VerifyArgs {
    /// A head that `jqa audit head` printed, or a file whose last line is one: proves that nothing before it was cut off. Left out = what the server kept in audit.head of its data folder, if that is there
    #[arg(long, value_name = "FILE|SEQ:MAC")]
    pub(crate) expect_head: Option<String>,

    /// Print one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `jqa audit head`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Example (cron; the file is on another system):
  jqa audit head >> /mnt/elsewhere/heads.log")]
pub(crate) struct HeadArgs {}
