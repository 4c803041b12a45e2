//! Where the servers for tests are; see `tests/services/with-services.sh`.

/// A PostgreSQL server on which databases may be made.
#[must_use]
pub fn postgres_url() -> Option<String> {
    variable("JQA_TEST_POSTGRES_URL", "PostgreSQL")
}

/// A Redis server that may be filled.
#[must_use]
pub fn redis_url() -> Option<String> {
    variable("JQA_TEST_REDIS_URL", "Redis")
}

/// The folder of an OpenID provider that may be started.
#[must_use]
pub(crate) fn oidc_folder() -> Option<String> {
    variable("JQA_TEST_OIDC", "OpenID provider")
}

fn variable(name: &str, server: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told about servers by the environment, not by settings of the product"
    )]
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        eprintln!("skipped: {name} is not set, so there is no {server} to test on");
    }
    value
}
