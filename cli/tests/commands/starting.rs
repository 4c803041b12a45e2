//! What a process does not start with.

use crate::installation::Installation;

#[test]
fn processes_that_share_a_database_do_not_start_without_a_strong_key_and_say_how_to_make_one() {
    let shared = || {
        Installation::new().set("JQA_DATABASE_URL", "postgres://jqa@127.0.0.1:1/jqa").set("JQA_REDIS_URL", "redis://127.0.0.1:1/")
    };
    for process in ["api", "worker", "serve"] {
        let missing = shared().run(process, "").refused(1);
        assert!(missing.contains("JQA_SECRET_KEY") && missing.contains("jqa keys generate"), "{process}: {missing}");
        for weak in ["short", "change-me-change-me-change-me-change-me", &"a".repeat(64)] {
            let told = shared().set("JQA_SECRET_KEY", weak).run(process, "").refused(1);
            assert!(told.contains("JQA_SECRET_KEY") && told.contains("jqa keys generate"), "{process}: {told}");
            assert!(!told.contains(weak), "{process}: {told}");
        }
    }
}

#[test]
fn a_made_key_is_a_good_key() {
    let at = Installation::new();
    let (one, other) = (at.run("keys generate", "").well(), at.run("keys generate", "").well());
    assert!(one.trim().len() >= 43 && one != other, "{one}");
    let listed = Installation::new().set("JQA_SECRET_KEY", one.trim());
    listed.run("migrate", "").well();
    assert!(listed.run("keys list", "").well().contains("current"));
}
