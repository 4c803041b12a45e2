//! Accounts that are made without a server: the first administrator, and `jqa user create`.

use anyhow::{Context as _, anyhow, bail};
use shared::accounts::user::NewAccount;
use shared::accounts::{AccountError, Accounts, By};
use shared::config::Settings;
use shared::crypto::Passwords;
use shared::domain::email::Email;
use shared::domain::password;
use shared::domain::user::Role;
use shared::store::entity::user::Model;
use shared::store::{Db, user};

use super::foundation::{self, Foundation};
use crate::args::server::NewUser;

/// Creates the administrator of the settings; one who is there already is brought up to date while the process starts,
/// because checking a password takes its time.
pub(super) async fn first_admin(f: &Foundation) -> anyhow::Result<()> {
    let Some((email, password)) = &f.settings.accounts.admin else { return Ok(()) };
    let email = Email::parse(email).map_err(|error| anyhow!("JQA_ADMIN_EMAIL {error}"))?;
    password::check(password, email.as_str(), "").map_err(|error| anyhow!("JQA_ADMIN_PASSWORD {error}"))?;
    let (db, password) = (f.jobs.db().clone(), password.clone());
    match user::by_email(&db, email.as_str()).await? {
        Some(row) => {
            f.lifecycle.spawn(async move {
                if let Err(error) = update_admin(&db, &row, &password).await {
                    tracing::error!(%error, "the administrator of JQA_ADMIN_EMAIL could not be brought up to date; the old password stands");
                }
            });
            Ok(())
        }
        None => create_admin(&db, email, &password).await,
    }
}

async fn create_admin(db: &Db, email: Email, password: &str) -> anyhow::Result<()> {
    let password_hash = Passwords::new(1).hash(password).await?;
    let new = NewAccount { name: email.to_string(), email, role: Role::Admin, password_hash };
    match Accounts::new(db.clone()).create_user(new, By::Environment).await {
        // Taken: another process was faster.
        Ok(_) | Err(AccountError::Taken) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn update_admin(db: &Db, row: &Model, password: &str) -> anyhow::Result<()> {
    let passwords = Passwords::new(1);
    if row.role == Role::Admin.as_str() && passwords.verify(password, Some(&row.password_hash)).await? {
        return Ok(());
    }
    Ok(Accounts::new(db.clone()).restore_admin(row.id, &passwords.hash(password).await?).await?)
}

/// `jqa user create`: safe beside a running server.
pub(super) async fn create(settings: &Settings, new: NewUser) -> anyhow::Result<()> {
    let email = Email::parse(&new.email).map_err(|error| anyhow!("the e-mail {error}"))?;
    let accounts = open(settings).await?;
    let password_hash = Passwords::new(1).hash_new(&new.password, email.as_str(), &new.name).await?;
    let account = NewAccount { email: email.clone(), name: new.name, role: new.role, password_hash };
    match accounts.create_user(account, By::Cli).await {
        Ok(_) => {}
        Err(AccountError::Taken) => bail!("there is already an account with the e-mail {email}"),
        Err(error) => return Err(error).context("the account cannot be stored"),
    }
    accounts.db().close().await;
    println!("created {email} ({})", new.role);
    Ok(())
}

/// The accounts of an installation, whose schema is brought up to date first.
async fn open(settings: &Settings) -> anyhow::Result<Accounts> {
    super::make_data_dir(settings)?;
    let applied = super::migrate_schema(settings).await?;
    if applied > 0 {
        eprintln!("{}", super::up_to_date(applied));
    }
    Ok(Accounts::new(foundation::open(settings).await?))
}
