//! `jqa user …`: accounts, in the database that the settings name.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono::DateTime;
use serde::Serialize;
use shared::accounts::user::{Change, NewAccount};
use shared::accounts::{AccountError, Accounts, By};
use shared::crypto::Passwords;
use shared::domain::email::Email;
use shared::domain::user::person_name;
use shared::store::entity::user::Model;
use shared::store::user;

use super::session;
use crate::args::ConnectArgs;
use crate::args::user::{CreateUserArgs, InviteArgs, ListUsersArgs, SetRoleArgs, UserCommand, WhoArgs};
use crate::exit::{Exit, UsageError};
use crate::output::{print, print_json, table};
use crate::server;

/// Runs one of them.
///
/// # Errors
/// What a person should read on stderr.
pub(crate) async fn run(command: UserCommand, connect: &ConnectArgs, config: Option<PathBuf>) -> anyhow::Result<Exit> {
    let accounts = server::accounts(config.as_deref()).await?;
    match command {
        UserCommand::List(args) => list(&args, &accounts).await,
        UserCommand::Create(args) => create(args, connect, &accounts).await,
        UserCommand::Invite(args) => invite(&args, &accounts).await,
        UserCommand::SetRole(args) => set_role(&args, &accounts).await,
        UserCommand::SetPassword(who) => set_password(&who, connect, &accounts).await,
        UserCommand::Deactivate(who) => set_active(&who, false, &accounts).await,
        UserCommand::Activate(who) => set_active(&who, true, &accounts).await,
        UserCommand::EndSessions(who) => end_sessions(&who, &accounts).await,
    }?;
    accounts.db().close().await;
    Ok(Exit::Success)
}

/// A user for machines; never a hash.
#[derive(Serialize)]
struct UserLine<'a> {
    id: uuid::Uuid,
    email: &'a str,
    name: &'a str,
    role: &'a str,
    active: bool,
    has_password: bool,
}

async fn list(args: &ListUsersArgs, accounts: &Accounts) -> anyhow::Result<()> {
    let filter = user::Filter { role: args.role, ..user::Filter::default() };
    let users = user::list(accounts.db(), &filter, None, args.limit).await?;
    if args.json {
        users.iter().map(line).for_each(|line| print_json(&line));
        return Ok(());
    }
    let rows: Vec<Vec<String>> = users.iter().map(row).collect();
    print(&table::table(&["e-mail", "name", "role", "state", "password", "id"], &rows));
    Ok(())
}

fn line(user: &Model) -> UserLine<'_> {
    UserLine {
        id: user.id,
        email: &user.email,
        name: &user.name,
        role: &user.role,
        active: user.active,
        has_password: !user.password_hash.is_empty(),
    }
}

fn row(user: &Model) -> Vec<String> {
    vec![
        table::cut(&user.email, 60),
        table::cut(&user.name, 30),
        user.role.clone(),
        if user.active { "active" } else { "deactivated" }.to_owned(),
        if user.password_hash.is_empty() { "none" } else { "set" }.to_owned(),
        user.id.to_string(),
    ]
}

async fn create(args: CreateUserArgs, connect: &ConnectArgs, accounts: &Accounts) -> anyhow::Result<()> {
    let email = email(&args.who)?;
    let name = args.name.unwrap_or_else(|| email.to_string());
    let name = person_name(&name).map_err(|why| UsageError(format!("--name {why}")))?;
    let password_hash = password_hash(connect, &email, &name).await?;
    let account = NewAccount { email: email.clone(), name, role: args.role, password_hash };
    match accounts.create_user(account, By::Cli).await {
        Ok(_) => {}
        Err(AccountError::Taken) => bail!("there is already an account with the e-mail {email}"),
        Err(error) => return Err(error).context("the account cannot be stored"),
    }
    print(&format!("created {email} ({})", args.role));
    Ok(())
}

async fn invite(args: &InviteArgs, accounts: &Accounts) -> anyhow::Result<()> {
    let email = email(&args.who)?;
    let life = Duration::from_secs(args.days * 24 * 3600);
    let (invite, token) = accounts.invite(&email, args.role, life, By::Cli).await?;
    let until = DateTime::from_timestamp_millis(invite.expires_at).map(|at| at.format(" until %F %R UTC").to_string());
    eprintln!("{email} may register as {}{}. The token is shown this once.", args.role, until.unwrap_or_default());
    print(&token);
    Ok(())
}

async fn set_role(args: &SetRoleArgs, accounts: &Accounts) -> anyhow::Result<()> {
    let user = find(&args.who, accounts).await?;
    let change = Change { role: Some(args.role), ..Change::default() };
    accounts.change_user(user.id, &change, By::Cli).await?;
    print(&format!("{} is {} now", user.email, args.role));
    Ok(())
}

async fn set_active(who: &WhoArgs, active: bool, accounts: &Accounts) -> anyhow::Result<()> {
    let user = find(who, accounts).await?;
    let change = Change { active: Some(active), ..Change::default() };
    accounts.change_user(user.id, &change, By::Cli).await?;
    print(&format!("{} {} come in", user.email, if active { "may" } else { "may not" }));
    Ok(())
}

async fn set_password(who: &WhoArgs, connect: &ConnectArgs, accounts: &Accounts) -> anyhow::Result<()> {
    let user = find(who, accounts).await?;
    let email = email(who)?;
    let password_hash = password_hash(connect, &email, &user.name).await?;
    accounts.set_password(user.id, &password_hash, By::Cli).await?;
    print(&format!("{email} has another password; their sessions ended"));
    Ok(())
}

async fn end_sessions(who: &WhoArgs, accounts: &Accounts) -> anyhow::Result<()> {
    let user = find(who, accounts).await?;
    accounts.end_all_sessions(user.id, By::Cli).await?;
    print(&format!("the sessions of {} ended", user.email));
    Ok(())
}

async fn password_hash(connect: &ConnectArgs, email: &Email, name: &str) -> anyhow::Result<String> {
    let password = session::new_password(connect).await?;
    Ok(Passwords::new(1).hash_new(&password, email.as_str(), name).await?)
}

async fn find(who: &WhoArgs, accounts: &Accounts) -> anyhow::Result<Model> {
    let email = email(who)?;
    let user = user::by_email(accounts.db(), email.as_str()).await?;
    user.with_context(|| format!("there is no account with the e-mail {email}; `jqa user list` shows them"))
}

fn email(who: &WhoArgs) -> anyhow::Result<Email> {
    Email::parse(&who.email).map_err(|error| UsageError(format!("--email {error}")).into())
}
