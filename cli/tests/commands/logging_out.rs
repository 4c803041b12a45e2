//! `jqa login`, `jqa logout`.

use crate::installation::Installation;

const PASSWORD: &str = "violet-harbour-94-lamp\n";

#[test]
fn a_logout_ends_the_kept_login_whatever_arguments_say() {
    let at = Installation::new();
    at.run("user create --email ada@example.com --role admin", PASSWORD).well();
    let server = at.serve();
    let url = format!("--url {}", server.url);
    assert!(at.run(&format!("login --email ada@example.com {url}"), PASSWORD).well().contains("Logged in"));
    let key = at.run("api-keys create other", "").well();
    let out = at.run(&format!("logout --url http://127.0.0.1:9 --token {key}"), "");
    assert!(out.stderr.is_empty(), "{}", out.stderr);
    assert_eq!(out.well(), format!("Logged out of {}.\n", server.url));
    let listed = at.run(&format!("jobs list {url} --token {key}"), "").well();
    assert!(!listed.contains("error"), "the key is as it was: {listed}");
    let log = at.run("audit verify --json", "").well();
    assert!(log.contains("\"entries\""), "{log}");
    let refused = at.run(&format!("jobs list {url}"), "").refused(3);
    assert!(refused.contains("login"), "{refused}");
    server.stop();
}
