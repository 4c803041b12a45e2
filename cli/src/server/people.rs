//! Accounts without a server: the administrator whom the settings name, and the door for `jqa user …`.

use std::path::Path;

use anyhow::anyhow;
use shared::accounts::user::NewAccount;
use shared::accounts::{AccountError, Accounts, By};
use shared::auditing::Chain;
use shared::crypto::Passwords;
use shared::domain::email::Email;
use shared::domain::password;
use shared::domain::user::Role;
use shared::store::entity::user::Model;
use shared::store::{Db, audit_chain, user};

use super::foundation::{self, Foundation};
use super::key;

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

/// The accounts of the installation that the settings name, whose schema is brought up to date first.
///
/// # Errors
/// When the settings cannot be used, or the database cannot be opened.
pub(crate) async fn accounts(config: Option<&Path>) -> anyhow::Result<Accounts> {
    let settings = super::read_settings(config)?;
    shared::telemetry::logs::start(&settings.log, &settings.log_format);
    super::make_data_dir(&settings)?;
    let applied = super::migrate_schema(&settings).await?;
    if applied > 0 {
        eprintln!("{}", super::up_to_date(applied));
    }
    let db = foundation::open(&settings).await?;
    // The log is signed before there is somebody whose deeds are in it.
    if audit_chain::is_before_all_accounts(&db).await? {
        Chain::new(db.clone(), &key::key_ring(&settings)?).begin().await?;
    }
    Ok(Accounts::new(db))
}
