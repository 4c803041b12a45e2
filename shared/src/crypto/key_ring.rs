//! The installation's secret keys: the one that signs and seals, and older ones that still verify and open.

use super::secret_key::SecretKey;

/// The current key and older ones, each found by its [id](SecretKey::id). What is derived from a key for one purpose
/// ([`SecretKey::derive`]) is named by the id of the key itself.
#[derive(Debug, Clone)]
pub struct KeyRing {
    keys: Vec<SecretKey>,
}

impl KeyRing {
    /// A ring whose current key is `current`.
    #[must_use]
    pub fn new(current: SecretKey, older: impl IntoIterator<Item = SecretKey>) -> Self {
        let mut keys = vec![current];
        for key in older {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Self { keys }
    }

    /// The key that signs and seals.
    #[must_use]
    pub fn current(&self) -> &SecretKey {
        &self.keys[0]
    }

    /// The key of this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&SecretKey> {
        self.keys.iter().find(|key| key.id() == id)
    }

    /// All of them, the current one first.
    pub fn iter(&self) -> impl Iterator<Item = &SecretKey> {
        self.keys.iter()
    }
}

impl From<SecretKey> for KeyRing {
    fn from(key: SecretKey) -> Self {
        Self::new(key, [])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(letter: char) -> SecretKey {
        SecretKey::from_bytes(letter.to_string().repeat(40).as_bytes()).unwrap()
    }

    #[test]
    fn every_key_is_found_by_its_id_and_only_the_first_is_current() {
        let ring = KeyRing::new(key('a'), [key('b'), key('a')]);
        assert_eq!(ring.current(), &key('a'));
        assert_eq!(ring.find(&key('b').id()), Some(&key('b')));
        assert_eq!(ring.find(&key('c').id()), None);
        assert_eq!(ring.iter().count(), 2);
    }
}
