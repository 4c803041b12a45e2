//! argon2id off the async threads, so many at once that a flood of logins leaves room for everybody else.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::domain::password::{LONGEST, WeakPassword, check, normal};

/// OWASP's first recommendation for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// What the password of an unknown user is checked against: made of arbitrary bytes, so that no password fits.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$wnsNBkaimGl+h2JoATuybw$GOmHx/GJJZdH76t1fj4hpgWHCBmEC3eEkdBzPynduRE";

/// How long a login waits for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Why a password was neither hashed nor checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too many are being checked; try again.
    #[error("too many passwords are being checked at once")]
    Busy,
    /// Nobody may take this one.
    #[error("the password {0}")]
    Weak(WeakPassword),
    /// The hash or the parameters are broken: a mistake of ours.
    #[error("the password could not be hashed: {0}")]
    Broken(String),
}

// Not `#[from]`: the words are in those above, and would be told twice as their cause.
impl From<WeakPassword> for PasswordError {
    fn from(weak: WeakPassword) -> Self {
        Self::Weak(weak)
    }
}

/// Hashes and checks passwords.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    longest_wait: Duration,
}

impl Passwords {
    /// At most so many at once; each takes a core and 19 MiB while it runs.
    #[must_use]
    pub fn new(max_at_once: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(max_at_once.max(1))), longest_wait: LONGEST_WAIT }
    }

    /// The PHC string of a password.
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let (turn, password) = (self.turn().await?, normal(password));
        run(turn, move || hash(&password)).await
    }

    /// The PHC string of a password that a person of this e-mail and name wants to have from now on;
    /// [`PasswordError::Weak`] when it [will not do](check).
    pub async fn hash_new(&self, password: &str, email: &str, name: &str) -> Result<String, PasswordError> {
        if password.len() > LONGEST {
            return Err(WeakPassword::Long.into());
        }
        let (turn, password) = (self.turn().await?, password.to_owned());
        let (email, name) = (email.to_owned(), name.to_owned());
        run(turn, move || {
            check(&password, &email, &name)?;
            hash(&normal(&password))
        })
        .await
    }

    /// Whether a hash was made as they are made today; if not, hash the password anew when it is next known.
    #[must_use]
    pub fn is_current(hashed: &str) -> bool {
        let Ok(parsed) = PasswordHash::new(hashed) else { return false };
        let Ok(decoy) = PasswordHash::new(DECOY) else { return false };
        (parsed.algorithm, parsed.version, &parsed.params) == (decoy.algorithm, decoy.version, &decoy.params)
    }

    /// Whether the password is the hashed one. Without a hash (no such user, or one without a password) it takes as long
    /// and answers no.
    pub async fn verify(&self, password: &str, hashed: Option<&str>) -> Result<bool, PasswordError> {
        let hashed = hashed.filter(|hashed| !hashed.is_empty()).map(str::to_owned);
        let (turn, password) = (self.turn().await?, normal(password));
        run(turn, move || Ok(verify(&password, hashed.as_deref().unwrap_or(DECOY))? && hashed.is_some())).await
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, PasswordError> {
        match tokio::time::timeout(self.longest_wait, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            // The semaphore is never closed; what is left is the time-out.
            Ok(Err(_)) | Err(_) => Err(PasswordError::Busy),
        }
    }
}

async fn run<T: Send + 'static>(
    turn: OwnedSemaphorePermit,
    work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
) -> Result<T, PasswordError> {
    let (tell, told) = oneshot::channel();
    let thread = std::thread::Builder::new().name("password".to_owned());
    let started = thread.spawn(move || {
        give_way();
        let result = work();
        // The turn is the thread's: a caller that goes away does not let another one in early.
        drop(turn);
        // Nobody listens any more where the caller went away.
        let _ = tell.send(result);
    });
    started.map_err(broken)?;
    told.await.map_err(|_| PasswordError::Broken("its thread ended early".to_owned()))?
}

/// Lets everybody else have the processor first: requests last less than a millisecond, a password many. Only Linux has
/// priorities of threads, for which this thread is its own.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 10) {
        tracing::debug!(%error, "a thread kept its priority");
    }
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(broken)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String, PasswordError> {
    Ok(argon2()?.hash_password(password.as_bytes()).map_err(broken)?.to_string())
}

fn verify(password: &str, hashed: &str) -> Result<bool, PasswordError> {
    let parsed = PasswordHash::new(hashed).map_err(broken)?;
    Ok(argon2()?.verify_password(password.as_bytes(), &parsed).is_ok())
}

fn broken(error: impl std::fmt::Display) -> PasswordError {
    PasswordError::Broken(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_another_is_not() {
        let passwords = Passwords::new(1);
        let hashed = passwords.hash("correct horse").await.unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert!(passwords.verify("correct horse", Some(&hashed)).await.unwrap());
        assert!(!passwords.verify("wrong horse", Some(&hashed)).await.unwrap());
    }

    #[test]
    fn a_check_against_the_decoy_costs_what_every_check_costs() {
        let (decoy, real) = (PasswordHash::new(DECOY).unwrap(), hash("any password").unwrap());
        let real = PasswordHash::new(&real).unwrap();
        assert_eq!((decoy.algorithm, decoy.version, &decoy.params), (real.algorithm, real.version, &real.params));
        assert_eq!(decoy.hash.map(|hash| hash.len()), real.hash.map(|hash| hash.len()));
    }

    #[tokio::test]
    async fn nobody_has_a_password_and_neither_has_an_account_without_one() {
        let passwords = Passwords::new(1);
        assert!(!passwords.verify("nobody's password", None).await.unwrap());
        assert!(!passwords.verify("", Some("")).await.unwrap());
    }

    #[tokio::test]
    async fn the_same_letters_typed_on_another_system_are_the_same_password() {
        let passwords = Passwords::new(1);
        let hashed = passwords.hash_new("u\u{308}ber stein und slate", "ada@example.com", "Ada").await.unwrap();
        assert!(passwords.verify("\u{fc}ber stein und slate", Some(&hashed)).await.unwrap());
    }

    #[tokio::test]
    async fn a_password_that_will_not_do_is_not_hashed() {
        let weak = Passwords::new(1).hash_new("password1234", "ada@example.com", "Ada").await;
        assert_eq!(weak, Err(PasswordError::Weak(WeakPassword::Guessable)));
    }

    #[test]
    fn a_hash_of_other_parameters_is_not_current() {
        let today = hash("any password").unwrap();
        assert!(Passwords::is_current(&today));
        for older in
            [today.replace("t=2", "t=1"), today.replace("m=19456", "m=4096"), today.replace("argon2id", "argon2i"), String::new()]
        {
            assert!(!Passwords::is_current(&older), "{older}");
        }
    }

    #[tokio::test]
    async fn who_finds_no_turn_is_told_so() {
        let passwords = Passwords { longest_wait: Duration::ZERO, ..Passwords::new(1) };
        let _held = passwords.turn().await.unwrap();
        assert_eq!(passwords.verify("x", None).await, Err(PasswordError::Busy));
    }
}
