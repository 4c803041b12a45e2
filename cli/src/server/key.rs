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
    fn a_process_that_shares_its_keys_does_not_start_without_a_good_one() {
        let read = |values: &[(&str, &str)]| {
            let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Settings::read(&shared::config::Source::new(values, None).unwrap())
        };
        let missing = key_ring(&read(&[]).unwrap(), false).unwrap_err().to_string();
        assert!(missing.contains("JQA_SECRET_KEY") && missing.contains("jqa keys generate"), "{missing}");
        for weak in ["short", "change-me-change-me-change-me-change-me", &"a".repeat(64)] {
            let problems = read(&[("JQA_SECRET_KEY", weak)]).unwrap_err();
            let told = problems[0].to_string();
            assert!(told.starts_with("JQA_SECRET_KEY") && told.contains("jqa keys generate"), "{told}");
            assert!(!told.contains(weak), "{told}");
        }
        let given = read(&[("JQA_SECRET_KEY", &SecretKey::generate())]).unwrap();
        assert!(key_ring(&given, false).is_ok());
    }

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
