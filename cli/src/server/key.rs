//! The secret key: given, or made once and kept in the data folder.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use shared::config::Settings;
use shared::crypto::{KeyRing, SecretKey};
use shared::domain::webhook::as_secret;

/// The keys of this installation. Processes on several machines must share them, so one is made up only for the embedded one.
pub(super) fn key_ring(settings: &Settings, embedded: bool) -> anyhow::Result<KeyRing> {
    let current = match &settings.accounts.secret_key {
        Some(key) => key.clone(),
        None if embedded => kept(&settings.data_dir.join("secret.key"))?,
        None => bail!("JQA_SECRET_KEY should be set to the same text for every process; `jqa keys generate` makes one"),
    };
    Ok(KeyRing::new(current, settings.accounts.older_keys.iter().cloned()))
}

/// The secret of callbacks as receivers are given it: `whsec_…`.
pub(super) fn callback_secret(settings: &Settings) -> anyhow::Result<String> {
    if let Some(secret) = &settings.accounts.callback_secret {
        return Ok(secret.clone());
    }
    let embedded = settings.database.sqlite_file().is_some();
    if embedded {
        super::make_data_dir(settings)?;
    }
    Ok(as_secret(key_ring(settings, embedded)?.current().derive("callback").expose()))
}

fn kept(path: &Path) -> anyhow::Result<SecretKey> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            let key = SecretKey::generate();
            file.write_all(key.as_bytes())
                .and_then(|()| file.sync_all())
                .with_context(|| format!("{} cannot be written", path.display()))?;
            Ok(SecretKey::from_text(&key)?)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            SecretKey::from_text(&text).map_err(|error| anyhow::anyhow!("the key in {} {error}", path.display()))
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be made", path.display())),
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
