//! Which passwords will do: long enough, and not among the first that somebody would guess. What they are made of is
//! their owner's business (NIST SP 800-63B).

use unicode_normalization::UnicodeNormalization;
use zxcvbn::{Score, zxcvbn};

/// In characters. NIST asks for 8 and advises 15; length is what counts.
pub const SHORTEST: usize = 12;

/// In bytes; longer ones only cost time.
pub const LONGEST: usize = 1024;

/// Why a password will not do, and what would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// See [`SHORTEST`].
    #[error("is too short; use at least {SHORTEST} characters, such as four or five words")]
    Short,
    /// See [`LONGEST`].
    #[error("is longer than {LONGEST} bytes; use a shorter one")]
    Long,
    /// A common one, a pattern, or made of the person's own names.
    #[error("would be guessed soon; use words that do not belong together, without names, dates, rows of keys or repetitions")]
    Guessable,
}

/// A password in the one form in which it is counted and hashed: the same letters typed on two systems are the same.
#[must_use]
pub fn normal(password: &str) -> String {
    password.nfc().collect()
}

/// Whether a person of this e-mail and name may take this password. Costs some milliseconds.
pub fn check(password: &str, email: &str, name: &str) -> Result<(), WeakPassword> {
    if password.len() > LONGEST {
        return Err(WeakPassword::Long);
    }
    let password = normal(password);
    if password.chars().count() < SHORTEST {
        return Err(WeakPassword::Short);
    }
    let parts = |text: &str| text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect::<Vec<_>>();
    let own: Vec<_> = [vec!["jqa".to_owned(), email.to_owned()], parts(email), parts(name)].concat();
    let own: Vec<_> = own.iter().map(String::as_str).filter(|word| word.len() > 2).collect();
    if zxcvbn(&password, &own).score() < Score::Three { Err(WeakPassword::Guessable) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_ada(password: &str) -> Result<(), WeakPassword> {
        check(password, "ada.lovelace@example.com", "Ada Lovelace")
    }

    #[test]
    fn long_passwords_that_nobody_guesses_will_do_whatever_they_are_made_of() {
        for password in ["seven lamps of slate", "kT9#vQ2!mZ7x", "ünïcödé räin über stein", "48151623420917263"] {
            assert_eq!(of_ada(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn what_somebody_would_try_first_is_refused() {
        for password in [
            "password1234",
            "qwertyuiop123",
            "aaaaaaaaaaaaaaaa",
            "abcabcabcabcabc",
            "123456789012",
            "lovelace1815!",
            "Ada.Lovelace@Example.com",
        ] {
            assert_eq!(of_ada(password), Err(WeakPassword::Guessable), "{password}");
        }
    }

    #[test]
    fn the_length_is_that_of_the_composed_characters() {
        assert_eq!(of_ada("short"), Err(WeakPassword::Short));
        // Eleven letters, each with a mark of its own.
        assert_eq!(of_ada(&"u\u{308}".repeat(11)), Err(WeakPassword::Short));
        assert_eq!(of_ada(&"x".repeat(LONGEST + 1)), Err(WeakPassword::Long));
        assert_eq!(normal("u\u{308}"), "ü");
    }
}
