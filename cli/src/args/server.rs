//! The processes, and the commands that open the database.

use clap::{Args, Subcommand};

/// The processes take settings alone.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
All settings come from the environment (JQA_…) or the file of --config; secrets also from files named by JQA_…_FILE.

Examples:
  jqa serve
  JQA_DATABASE_URL=postgres://… JQA_REDIS_URL=redis://… jqa api
  jqa --config /etc/jqa.toml worker")]
pub(crate) struct ServeArgs {}

/// `jqa keys …`.
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
Examples:
  jqa keys generate > /run/secrets/jqa-key
  JQA_SECRET_KEY_FILE=/run/secrets/new JQA_SECRET_KEYS_OLD_FILE=/run/secrets/old jqa keys rotate
  jqa keys list                    which key still holds how many secrets")]
pub(crate) enum KeysCommand {
    /// Print a new secret key for JQA_SECRET_KEY; opens nothing and needs no settings
    Generate,
    /// Seal every stored secret with the current key; safe beside running servers, and may be repeated
    Rotate,
    /// List the keys by id, and how many stored secrets each still holds
    List,
}

/// What the server module is asked to do, with everything it cannot ask for itself.
#[derive(Debug)]
pub(crate) enum ServerCommand {
    /// API and worker in one process.
    Serve(ServeArgs),
    /// The API alone.
    Api(ServeArgs),
    /// A worker alone.
    Worker(ServeArgs),
    /// Bring the database up to date.
    Migrate(ServeArgs),
    /// The secret that callbacks are signed with.
    CallbackSecret(ServeArgs),
    /// Every secret under the current key.
    RotateKeys,
    /// Which key holds how many secrets.
    ListKeys,
}
