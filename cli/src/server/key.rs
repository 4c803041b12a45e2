//! The secret key: given, or made once and kept in the data folder.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use shared::config::Settings;
use shared::crypto::{KeyRing, SecretKey};
use shared::domain::webhook::as_secret;

/// The keys of this installation. Processes on several machines must share them, so one is made up only on SQLite, where
/// there is one process; it is in the data folder.
pub(super) fn key_ring(settings: &Settings) -> anyhow::Result<KeyRing> {
    let current = match &settings.accounts.secret_key {
        Some(key) => key.clone(),
        None if settings.database.sqlite_file().is_some() => kept(&settings.data_dir.join("secret.key"))?,
        None => bail!("JQA_SECRET_KEY should be set to the same text for every process; `jqa keys generate` makes one"),
    };
    Ok(KeyRing::new(current, settings.accounts.older_keys.iter().cloned()))
}

/// The secret of callbacks as receivers are given it: `whsec_…`.
pub(super) fn callback_secret(settings: &Settings) -> anyhow::Result<String> {
    if let Some(secret) = &settings.accounts.callback_secret {
        return Ok(secret.clone());
    }
    if settings.database.sqlite_file().is_some() {
        super::make_data_dir(settings)?;
    }
    Ok(as_secret(key_ring(settings)?.current().derive("callback").expose()))
}

/// The key in this file. A new one is whole before it has its name; of two processes that make one, both take the first.
fn kept(path: &Path) -> anyhow::Result<SecretKey> {
    if !path.exists() {
        make(path).with_context(|| format!("{} cannot be made", path.display()))?;
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    SecretKey::from_text(&text).map_err(|error| anyhow::anyhow!("the key in {} {error}", path.display()))
}

fn make(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // For its owner alone from the beginning.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(SecretKey::generate().as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        assert!(kept(&path).unwrap() == kept(&path).unwrap());
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
