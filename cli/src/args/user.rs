//! Accounts, without a server: commands that open the database.

use clap::{Args, Subcommand};
use shared::domain::user::Role;

use super::generate::word;
use super::value::whole;

/// `jqa user …`. All of it is safe beside a running server, which knows of a change within 5 s.
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
Needs the settings of the server: JQA_DATABASE_URL, JQA_DATA_DIR. Everything is in the audit log as done by `cli`.

Examples:
  jqa user create --email ada@example.com --name 'Ada Byron' --role admin
  jqa user list
  jqa user deactivate --email ada@example.com")]
pub(crate) enum UserCommand {
    /// List users, newest first
    List(ListUsersArgs),
    /// Create a user
    Create(CreateUserArgs),
    /// Print an invitation for somebody who sets their password themselves (JQA_REGISTRATION=invite)
    Invite(InviteArgs),
    /// Say what a user may do
    SetRole(SetRoleArgs),
    /// Give a user another password; their sessions end
    SetPassword(WhoArgs),
    /// Let nobody in as this user: their sessions, tokens and API keys end within 5 s
    Deactivate(WhoArgs),
    /// Let a deactivated user in again; their API keys work again
    Activate(WhoArgs),
    /// End every session of a user; their API keys stay
    EndSessions(WhoArgs),
}

/// Which user.
#[derive(Clone, Debug, Args)]
pub(crate) struct WhoArgs {
    /// Their e-mail address
    #[arg(long, value_name = "EMAIL")]
    pub(crate) email: String,
}

/// `jqa user list`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ListUsersArgs {
    /// Only users of this role
    #[arg(long, value_parser = word::<Role>())]
    pub(crate) role: Option<Role>,

    /// At most this many
    #[arg(long, default_value_t = 1000, value_parser = whole(1..=100_000_u64))]
    pub(crate) limit: u64,

    /// Print one JSON object a line to stdout instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// `jqa user create`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The password is asked for; piped, it is the first line of stdin; JQA_PASSWORD wins over both.

Example:
  jqa user create --email ada@example.com --name 'Ada Byron' --role qa")]
pub(crate) struct CreateUserArgs {
    #[command(flatten)]
    pub(crate) who: WhoArgs,

    /// What others see; the e-mail address when not given
    #[arg(long)]
    pub(crate) name: Option<String>,

    /// What they may do
    #[arg(long, default_value = "developer", value_parser = word::<Role>())]
    pub(crate) role: Role,
}

/// `jqa user invite`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Only the token goes to stdout; hand it to them. It makes one account, by POST /api/v1/auth/register.")]
pub(crate) struct InviteArgs {
    #[command(flatten)]
    pub(crate) who: WhoArgs,

    /// What they will be
    #[arg(long, default_value = "developer", value_parser = word::<Role>())]
    pub(crate) role: Role,

    /// How long it can be used
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = whole(1..=90_u64))]
    pub(crate) days: u64,
}

/// `jqa user set-role`.
#[derive(Clone, Debug, Args)]
pub(crate) struct SetRoleArgs {
    #[command(flatten)]
    pub(crate) who: WhoArgs,

    /// What they may do
    #[arg(value_name = "ROLE", value_parser = word::<Role>())]
    pub(crate) role: Role,
}
