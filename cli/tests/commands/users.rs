//! `jqa user …`.

use serde_json::Value;

use crate::installation::Installation;

const PASSWORD: &str = "violet-harbour-94-lamp\n";

fn with_an_administrator() -> Installation {
    let at = Installation::new();
    let told = at.run("user create --email Ada@Example.com --name Ada --role admin", PASSWORD).well();
    assert_eq!(told, "created ada@example.com (admin)\n");
    at
}

fn users(at: &Installation) -> Vec<Value> {
    let lines = at.run("user list --json", "").well();
    lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn accounts_are_made_listed_and_changed_at_the_command_line() {
    let at = with_an_administrator();
    at.run("user create --email bo@example.com", PASSWORD).well();
    assert_eq!(at.run("user set-role --email bo@example.com qa", "").well(), "bo@example.com is qa now\n");
    assert_eq!(at.run("user deactivate --email bo@example.com", "").well(), "bo@example.com may not come in\n");
    let bo = &users(&at)[0];
    assert_eq!(
        (bo["role"].as_str(), bo["active"].as_bool(), bo["has_password"].as_bool()),
        (Some("qa"), Some(false), Some(true))
    );
    assert_eq!(at.run("user activate --email bo@example.com", "").well(), "bo@example.com may come in\n");
    assert!(at.run("user set-password --email bo@example.com", "otter-candle-77-ridge\n").well().contains("another password"));
    assert!(at.run("user end-sessions --email bo@example.com", "").well().contains("ended"));
    let table = at.run("user list --role admin", "").well();
    assert!(table.starts_with("E-MAIL") && table.contains("ada@example.com  Ada") && !table.contains("bo@"), "{table}");
}

#[test]
fn what_cannot_be_done_is_refused_in_words_and_changes_nothing() {
    let at = with_an_administrator();
    let before = users(&at);
    for (line, stdin, code, words) in [
        ("user create --email ada@example.com", PASSWORD, 1, "there is already an account with the e-mail ada@example.com"),
        ("user create --email bo@example.com", "password1234\n", 1, "password"),
        ("user create --email bo@example.com", "", 2, "the password is empty"),
        ("user create --email nobody", PASSWORD, 2, "--email"),
        ("user create --email bo@example.com --name \u{7}", PASSWORD, 2, "--name should be a name"),
        ("user list --password secret", "", 2, "JQA_PASSWORD"),
        ("user deactivate --email ada@example.com", "", 1, "this is the last active administrator"),
        ("user set-role --email ada@example.com qa", "", 1, "this is the last active administrator"),
        ("user set-role --email bo@example.com qa", "", 1, "there is no account with the e-mail bo@example.com"),
        ("user deactivate", "", 2, "--email"),
    ] {
        let told = at.run(line, stdin).refused(code);
        assert!(told.contains(words), "{line}: {told}");
    }
    assert_eq!(users(&at), before);
}

#[test]
fn only_the_token_of_an_invitation_goes_to_stdout() {
    let at = with_an_administrator();
    let invited = at.run("user invite --email cy@example.com --role po --days 2", "");
    assert!(invited.stderr.starts_with("cy@example.com may register as po until 20"), "{}", invited.stderr);
    let token = invited.well();
    assert!(token.starts_with("jqi_") && token.trim().len() > 40 && token.lines().count() == 1, "{token}");
}
