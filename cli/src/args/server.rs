//! The processes, and the commands that open the database.

use clap::{Args, Subcommand};
use shared::domain::user::Role;

use super::generate::word;

/// The processes take settings alone.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
All settings come from the environment (JQA_…) or the file of --config; secrets also from files named by JQA_…_FILE.

Examples:
  jqa serve
  JQA_DATABASE_URL=postgres://… JQA_REDIS_URL=redis://… jqa api
  jqa --config /etc/jqa.toml worker")]
pub(crate) struct ServeArgs {}

/// `jqa user …`.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Create a user; safe beside a running server
    Create(CreateUserArgs),
}

/// `jqa user create`. The e-mail address is that of the global `--email`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The password is asked for; piped, it is the first line of stdin; JQA_PASSWORD wins over both.

Example:
  jqa user create --email ada@example.com --name 'Ada Byron' --role qa")]
pub(crate) struct CreateUserArgs {
    /// What others see; the e-mail address when not given
    #[arg(long)]
    pub(crate) name: Option<String>,

    /// What they may do
    #[arg(long, default_value = "developer", value_parser = word::<Role>())]
    pub(crate) role: Role,
}

/// `jqa keys …`.
#[derive(Clone, Debug, Subcommand)]
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
    /// A new user.
    CreateUser(NewUser),
}

/// A user to be created.
pub(crate) struct NewUser {
    /// E-mail address, as typed.
    pub(crate) email: String,
    /// What others see.
    pub(crate) name: String,
    /// What they may do.
    pub(crate) role: Role,
    /// As typed.
    pub(crate) password: String,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser").field("email", &self.email).field("role", &self.role).finish_non_exhaustive()
    }
}
