//! Accounts that are made without a server: the first administrator, and `jqa user create`.

use anyhow::{Context as _, bail};
use shared::config::Settings;
use shared::crypto::Passwords;
use shared::domain::user::Role;
use shared::store::audit::{self, Actor};
use shared::store::entity::user::Model;
use shared::store::user::{self, NewUser as NewRow};
use shared::store::{Db, StoreError};

use super::foundation::{self, Foundation};
use crate::args::server::NewUser;

/// NIST SP 800-63B asks for 8 and advises 15; length is what counts.
const SHORTEST_PASSWORD: usize = 12;

/// Creates the administrator of the settings; one who is there already is brought up to date while the process starts,
/// because checking a password takes its time.
pub(super) async fn first_admin(f: &Foundation) -> anyhow::Result<()> {
    let Some((email, password)) = &f.settings.accounts.admin else { return Ok(()) };
    let email = checked(email, password)?;
    let (db, password) = (f.jobs.db().clone(), password.clone());
    match user::by_email(&db, &email).await? {
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

async fn create_admin(db: &Db, email: String, password: &str) -> anyhow::Result<()> {
    let (id, password_hash) = (db.clock().new_id(), Passwords::new(1).hash(password).await?);
    let row = NewRow { id, name: email.clone(), email: email.clone(), role: Role::Admin, password_hash };
    match user::insert(db, row, db.clock().now_ms()).await {
        Ok(_) => record(db, id, "user.create", &email).await,
        // Another process was faster.
        Err(StoreError::Conflict) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn update_admin(db: &Db, row: &Model, password: &str) -> anyhow::Result<()> {
    let passwords = Passwords::new(1);
    if row.role == Role::Admin.as_str() && passwords.verify(password, Some(&row.password_hash)).await? {
        return Ok(());
    }
    user::update_credentials(db, row.id, Role::Admin, &passwords.hash(password).await?).await?;
    record(db, row.id, "user.update", &row.email).await
}

/// `jqa user create`: safe beside a running server.
pub(super) async fn create(settings: &Settings, new: NewUser) -> anyhow::Result<()> {
    super::make_data_dir(settings)?;
    let applied = super::migrate_schema(settings).await?;
    if applied > 0 {
        eprintln!("{}", super::up_to_date(applied));
    }
    let email = checked(&new.email, &new.password)?;
    let db = foundation::open(settings).await?;
    let id = db.clock().new_id();
    let password_hash = Passwords::new(1).hash(&new.password).await?;
    let row = NewRow { id, email: email.clone(), name: new.name, role: new.role, password_hash };
    match user::insert(&db, row, db.clock().now_ms()).await {
        Ok(_) => record(&db, id, "user.create", &email).await?,
        Err(StoreError::Conflict) => bail!("there is already an account with the e-mail {email}"),
        Err(error) => return Err(error).context("the account cannot be stored"),
    }
    db.close().await;
    println!("created {email} ({})", new.role);
    Ok(())
}

fn checked(email: &str, password: &str) -> anyhow::Result<String> {
    let email = email.trim().to_lowercase();
    let plausible =
        email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'));
    if !plausible && !email.ends_with("@localhost") {
        bail!("'{email}' is no e-mail address");
    }
    if password.chars().count() < SHORTEST_PASSWORD {
        bail!("a password has at least {SHORTEST_PASSWORD} characters");
    }
    Ok(email)
}

async fn record(db: &Db, id: uuid::Uuid, action: &'static str, email: &str) -> anyhow::Result<()> {
    let details = serde_json::json!({ "email": email, "by": "the command line or the environment" });
    db.execute(audit::entry(db.clock().new_id(), &Actor::default(), action, "user", &id.to_string(), &details)).await?;
    Ok(())
}
