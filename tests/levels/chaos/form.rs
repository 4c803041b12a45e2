//! How much of it: the short form is part of every test run, the long one is `make chaos`.

use std::io::Write;
use std::sync::OnceLock;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;

/// The form of this run, and the seed of everything that happens at random in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) long: bool,
    seed: u32,
}

impl Form {
    /// The same for all scenarios of a run; told once.
    pub(crate) fn of_this_run() -> Self {
        static FORM: OnceLock<Form> = OnceLock::new();
        *FORM.get_or_init(|| {
            let long = variable("JQA_CHAOS").as_deref() == Some("long");
            let seed =
                variable("JQA_CHAOS_SEED").map_or_else(rand::random, |seed| seed.parse().expect("JQA_CHAOS_SEED is a u32"));
            say(&format!("the {} form; repeat it with JQA_CHAOS_SEED={seed}", if long { "long" } else { "short" }));
            Self { long, seed }
        })
    }

    /// One of two sizes.
    pub(crate) fn pick<T>(self, short: T, long: T) -> T {
        if self.long { long } else { short }
    }

    /// How long a server is away.
    pub(crate) fn outage(self) -> Duration {
        Duration::from_secs(self.pick(3, 20))
    }

    /// How long everything may take to settle.
    pub(crate) fn patience(self) -> Duration {
        Duration::from_secs(self.pick(90, 400))
    }

    /// Chance, the same for the same seed and scenario.
    pub(crate) fn chance(self, scenario: &str) -> StdRng {
        let scenario = scenario.bytes().fold(0, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        StdRng::seed_from_u64(u64::from(self.seed) ^ (scenario << 32))
    }
}

/// Says something that is seen even when the output of tests that pass is not shown.
pub(crate) fn say(words: &str) {
    // Without standard error there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "chaos: {words}");
}

/// A variable of the environment that says something.
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests are steered by the environment, not by settings of the product")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
