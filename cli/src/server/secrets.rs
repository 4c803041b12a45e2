//! Keys and what they hold: `jqa keys rotate`, `jqa keys list`, and a word at the start when a key is missing.

use anyhow::Context as _;
use shared::config::Settings;
use shared::vault::{Holding, Rotated, Vault};

use super::{foundation, key};
use crate::output::count;

/// The stored secrets and the keys of the settings; `None` = there is no database yet.
pub(super) async fn vault(settings: &Settings) -> anyhow::Result<Option<Vault>> {
    let file = settings.database.sqlite_file();
    if file.as_ref().is_some_and(|file| !file.exists()) {
        return Ok(None);
    }
    let db = foundation::open(settings).await?;
    if !migration::is_current(db.reader()).await.context("the database does not answer; see JQA_DATABASE_URL")? {
        anyhow::bail!("the schema of the database is not current; run `jqa migrate`");
    }
    Ok(Some(Vault::new(db, key::key_ring(settings)?)))
}

/// `jqa keys rotate`: safe beside running servers.
pub(super) async fn rotate(settings: &Settings) -> anyhow::Result<()> {
    let Some(vault) = vault(settings).await? else {
        println!("no secrets are stored yet");
        return Ok(());
    };
    let rotated = vault.rotate().await?;
    vault.db().close().await;
    println!("{}", told(&rotated));
    if rotated.unreadable > 0 {
        anyhow::bail!(
            "{} cannot be opened with the keys given and stayed as they are; add their keys to JQA_SECRET_KEYS_OLD (`jqa keys list` names them), or set them again",
            count(number(rotated.unreadable), "secret", "secrets")
        );
    }
    Ok(())
}

/// `jqa keys list`.
pub(super) async fn list(settings: &Settings) -> anyhow::Result<()> {
    let Some(vault) = vault(settings).await? else {
        println!("no secrets are stored yet");
        return Ok(());
    };
    for holding in vault.holdings().await? {
        println!("{}", line(&holding));
    }
    vault.db().close().await;
    Ok(())
}

/// A process that cannot open everything says so when it starts, and works with what it can open.
pub(super) async fn warn_of_missing_keys(vault: &Vault) {
    match vault.missing_keys().await {
        Ok(missing) if missing.is_empty() => {}
        Ok(missing) => tracing::warn!(
            keys = missing.join(", "),
            "stored secrets are sealed with keys that this process does not have; add them to JQA_SECRET_KEYS_OLD"
        ),
        Err(error) => tracing::warn!(%error, "whether every stored secret can be opened could not be found out"),
    }
}

fn told(rotated: &Rotated) -> String {
    let secrets = |n| count(number(n), "secret", "secrets");
    format!("{} sealed anew, {} under the current key already", secrets(rotated.resealed), secrets(rotated.left))
}

fn line(holding: &Holding) -> String {
    let Holding { key_id, values, sessions, entries, in_ring, current } = holding;
    let needs = [
        count(number(*values), "secret", "secrets"),
        count(number(*sessions), "login", "logins"),
        count(number(*entries), "audit entry", "audit entries"),
    ];
    let advice = match (in_ring, values, sessions, entries) {
        _ if *current => "current",
        (false, ..) => "MISSING here; add it to JQA_SECRET_KEYS_OLD",
        (true, 1.., ..) => "old; run `jqa keys rotate`",
        (true, 0, 0, 0) => "old; nothing needs it, so it can be dropped",
        (true, 0, ..) => "old; keep it until its logins were renewed and its audit entries have left",
    };
    format!("{key_id}  {}  {advice}", needs.join(", "))
}

fn number(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_listed_with_what_it_holds_and_what_to_do() {
        let holding = |values, entries, in_ring, current| {
            line(&Holding { key_id: "k1".into(), values, sessions: 0, entries, in_ring, current })
        };
        assert_eq!(holding(2, 1, true, true), "k1  2 secrets, 0 logins, 1 audit entry  current");
        assert!(holding(1, 0, true, false).ends_with("run `jqa keys rotate`"));
        assert!(holding(0, 7, true, false).contains("keep it until"));
        assert!(holding(0, 0, true, false).contains("can be dropped"));
        assert!(holding(1, 0, false, false).contains("MISSING"));
    }
}
