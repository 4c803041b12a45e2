use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::foreign::secrets;
use crate::domain::instructions;
use crate::domain::language::Language;
use crate::domain::story::PartKind;

const URL: &str = "https://shop.atlassian.net/browse/SHOP-1";

fn doc(texts: &[&str]) -> Value {
    let content: Vec<Value> =
        texts.iter().map(|text| json!({"type": "paragraph", "content": [{"type": "text", "text": text}]})).collect();
    json!({"type": "doc", "version": 1, "content": content})
}

fn issue() -> Value {
    let mut description = doc(&["As a customer I want to pay by card so that I get my order at once."]);
    description["content"].as_array_mut().expect("content").push(
        json!({"type": "expand", "attrs": {"title": "Acceptance criteria · jqa:3f2a9c1b"}, "content": doc(&["ours"])["content"]}),
    );
    let ours = json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "x jqa:3f2a9c1b", "marks": [{"type": "em"}]}]}]});
    json!({
    "id": "10001", "key": "SHOP-1", "names": {"summary": "Summary", "customfield_1": "  acceptance criteria ", "customfield_2": "Other"},
    "fields": {
        "summary": "Pay by\u{200b} card", "description": description, "customfield_1": ["Limit is 50 €", "Refused above"], "updated": "2026-11-01T10:00:00.000+0100",
        "issuetype": {"name": "Story"}, "status": {"name": "To Do"}, "labels": ["pay"],
        "parent": {"id": "9", "key": "SHOP-9", "fields": {"summary": "Checkout", "issuetype": {"name": "Epic"}}},
        "issuelinks": [
            {"type": {"inward": "is blocked by", "outward": "blocks"}, "outwardIssue": {"key": "SHOP-3", "fields": {"summary": "Refund", "status": {"name": "Done"}}}},
            {"type": {"inward": "is blocked by", "outward": "blocks"}, "inwardIssue": {"key": "SHOP-4", "fields": {"summary": "Gateway"}}}],
        "attachment": [{"id": "77", "filename": "mock.png"}],
        "comment": {"total": 5, "comments": [
            {"id": "22", "created": "2026-10-02T08:00:00.000+0000", "body": doc(&["second"])},
            {"id": "21", "created": "2026-10-02T09:00:00.000+0200", "body": doc(&["first"])},
            {"id": "23", "created": "2026-10-03T08:00:00.000+0000", "body": ours},
            {"id": "24", "created": "2026-10-03T08:00:00.000+0000", "body": doc(&["by property"]), "properties": [{"key": "jqa.publication", "value": {}}]},
            {"id": "25", "created": "2026-10-04T08:00:00.000+0000", "body": doc(&["secret"]), "visibility": {"type": "role", "value": "Admins"}}]},
    }})
}

#[test]
fn an_issue_becomes_a_story_with_named_parts() {
    let story = story(&issue(), URL, &ReadOptions::default()).expect("a story");
    let parts: Vec<(&str, &str)> = story.parts.iter().map(|part| (part.id.as_str(), part.text.as_str())).collect();
    assert_eq!(
        parts,
        [
            ("summary", "Pay by card"),
            ("description", "As a customer I want to pay by card so that I get my order at once."),
            ("acceptance_criteria", "- Limit is 50 €\n- Refused above"),
            ("parent", "SHOP-9: Checkout (Epic)"),
            ("link:SHOP-3", "blocks SHOP-3: Refund (Done)"),
            ("link:SHOP-4", "is blocked by SHOP-4: Gateway"),
            ("comment:21", "first"),
            ("comment:22", "second"),
            ("attachment:77", "mock.png"),
        ]
    );
    assert_eq!((story.language, story.issue_type.as_str(), story.status.as_str()), (Language::English, "Story", "To Do"));
    assert_eq!(story.lossy, ["1 comment(s) that not everybody may see were not read"]);
}

#[test]
fn a_request_of_a_service_project_is_read_without_what_its_customers_may_not_see() {
    let mut request = issue();
    request["fields"]["project"] = json!({ "key": "HELP", "projectTypeKey": "service_desk" });
    request["fields"]["issuetype"] = json!({ "name": "[System] Service request" });
    request["names"]["customfield_3"] = json!("Request Type");
    request["fields"]["customfield_3"] =
        json!({ "_links": {}, "requestType": { "id": "11", "name": "Get help" }, "currentStatus": {} });
    request["fields"]["comment"] = json!({ "total": 2, "comments": [
        { "id": "31", "created": "2026-10-02T08:00:00.000+0000", "body": doc(&["to the customer"]), "jsdPublic": true },
        { "id": "32", "created": "2026-10-02T09:00:00.000+0000", "body": doc(&["among ourselves"]), "jsdPublic": false }] });
    let read = story(&request, URL, &ReadOptions::default()).expect("a story");
    let comments: Vec<&str> =
        read.parts.iter().filter(|part| part.kind == PartKind::Comment).map(|part| part.text.as_str()).collect();
    assert_eq!((comments, read.issue_type.as_str()), (vec!["to the customer"], "[System] Service request"));
    assert_eq!(read.lossy, ["1 comment(s) that not everybody may see were not read"]);
}

#[test]
fn a_story_of_a_team_managed_project_is_read_like_any_other() {
    let mut theirs = issue();
    theirs["fields"]["project"] = json!({ "key": "TEAM", "projectTypeKey": "software", "simplified": true });
    theirs["fields"]["issuetype"] =
        json!({ "name": "Story", "entityId": "1b4e", "scope": { "type": "PROJECT", "project": { "id": "10005" } } });
    theirs["names"] = json!({ "customfield_10077": "Acceptance criteria" });
    theirs["fields"]["customfield_10077"] = doc(&["- A card is accepted."]);
    theirs["fields"]["parent"]["fields"]["issuetype"] =
        json!({ "name": "Epic", "hierarchyLevel": 1, "scope": { "type": "PROJECT" } });
    let read = story(&theirs, URL, &ReadOptions::default()).expect("a story");
    let text = |id: &str| read.parts.iter().find(|part| part.id == id).map(|part| part.text.as_str());
    assert_eq!((text("acceptance_criteria"), text("parent")), (Some("- A card is accepted."), Some("SHOP-9: Checkout (Epic)")));
}

#[test]
fn our_own_publication_does_not_change_the_storys_hash() {
    let before = story(&issue(), URL, &ReadOptions::default()).expect("a story");
    let mut bare = issue();
    bare["fields"]["description"] = doc(&["As a customer I want to pay by card so that I get my order at once."]);
    bare["fields"]["comment"] = json!({"comments": []});
    assert_eq!(story(&bare, URL, &ReadOptions::default()).expect("a story").hash, before.hash);
    bare["fields"]["summary"] = json!("Pay by cheque");
    assert_ne!(story(&bare, URL, &ReadOptions::default()).expect("a story").hash, before.hash);
}

#[test]
fn the_hash_alone_is_that_of_the_whole_story() {
    let mut long = issue();
    long["fields"]["description"] = doc(&["word ".repeat(1_000).as_str()]);
    for issue in [issue(), long] {
        for options in [ReadOptions::default(), ReadOptions { part_chars: 1_000, total_chars: 1_100, ..ReadOptions::default() }] {
            let whole = story(&issue, URL, &options).expect("a story");
            assert_eq!(hash(&issue, &options), Ok(whole.hash));
        }
    }
}

#[test]
fn a_configured_field_wins_and_its_absence_is_told() {
    let mut configured = issue();
    configured["fields"]["customfield_2"] = doc(&["From the other"]);
    let options = |id: &str| ReadOptions { criteria_field: Some(id.to_owned()), ..ReadOptions::default() };
    let read = story(&configured, URL, &options("customfield_2")).expect("a story");
    assert_eq!(read.part("acceptance_criteria").map(|part| part.text.as_str()), Some("From the other"));
    configured["names"]["customfield_2"] = "Definition of done".into();
    let read = story(&configured, URL, &options("definition of DONE")).expect("a story");
    assert_eq!(read.part("acceptance_criteria").map(|part| part.text.as_str()), Some("From the other"));
    let read = story(&configured, URL, &options("customfield_99")).expect("a story");
    assert!(read.part("acceptance_criteria").is_none());
    assert_eq!(read.lossy[0], "acceptance_criteria: the configured field customfield_99 is not on this issue");
}

#[test]
fn criteria_are_found_under_localised_names() {
    for name in ["Akzeptanzkriterien", "CRITÈRES D’ACCEPTATION", "Criterios de aceptacio\u{301}n", "Acceptance criteria:"] {
        let mut issue = issue();
        issue["names"]["customfield_1"] = json!(name);
        assert!(story(&issue, URL, &ReadOptions::default()).expect("a story").part("acceptance_criteria").is_some(), "{name}");
    }
}

#[test]
fn long_parts_are_cut_visibly_and_the_newest_comments_stay() {
    let options = ReadOptions { part_chars: 1_000, total_chars: 2_500, ..ReadOptions::default() };
    let mut long = issue();
    long["fields"]["description"] = doc(&["word ".repeat(1_000).as_str()]);
    let comments: Vec<Value> = (1..9).map(|n| json!({"id": n.to_string(), "created": format!("2026-10-0{n}T08:00:00.000+0000"), "body": doc(&["c ".repeat(200).as_str()])})).collect();
    long["fields"]["comment"]["comments"] = json!(comments);
    let story = story(&long, URL, &options).expect("a story");
    let description = &story.part("description").expect("a description").text;
    assert!(description.ends_with(TRUNCATED) && description.chars().count() <= 1_000 + 20);
    let kept: Vec<&str> = story.parts.iter().filter(|part| part.kind == PartKind::Comment).map(|part| part.id.as_str()).collect();
    assert_eq!(kept, ["comment:6", "comment:7", "comment:8"]);
    assert!(story.lossy.contains(&"description: cut at 1000 of 4999 characters".to_owned()), "{:?}", story.lossy);
    assert!(story.lossy.iter().any(|loss| loss.starts_with("comment:1: left out")));
}

#[test]
fn what_is_no_issue_is_refused() {
    for body in [
        json!(null),
        json!({"errorMessages": []}),
        json!({"key": "A-1", "id": "1"}),
        json!({"key": "A-1", "id": "1", "fields": []}),
    ] {
        assert!(story(&body, URL, &ReadOptions::default()).is_err());
    }
    let error = story(&json!({"key": "A-1", "id": "1"}), URL, &ReadOptions::default()).expect_err("no issue");
    assert_eq!(error.code(), "jira.not_an_issue");
}

#[test]
fn real_stories_are_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/stories.jsonl");
    let Ok(lines) = std::fs::read_to_string(path) else {
        eprintln!("skipped: no stories beside the workspace");
        return;
    };
    for line in lines.lines() {
        let row: Value = serde_json::from_str(line).expect("JSON");
        let issue = json!({"id": "1", "key": "X-1", "fields": {"summary": row["summary"], "description": row["description"]}});
        let story = story(&issue, URL, &ReadOptions::default()).expect("a story");
        assert_eq!(story.language.as_str(), row["language"].as_str().expect("a language"), "{}", row["id"]);
        let told: Vec<_> = instructions::in_story(&story).collect();
        assert!(told.is_empty(), "{}: {told:?}", row["id"]);
        assert!(!story.lossy.iter().any(|note| note.contains(HIDDEN)), "{}: {:?}", row["id"], story.lossy);
        assert!(story.parts.iter().all(|part| secrets(&part.text).is_empty()), "{}", row["id"]);
    }
}

fn linked_test(key: &str, kind: &str, summary: &str, text: &str) -> Value {
    json!({"type": {"name": "Test", "inward": "is tested by", "outward": "tests"}, "inwardIssue": {"key": key, "fields": {
        "summary": summary, "status": {"name": "Ready"}, "issuetype": {"name": kind}, "description": doc(&[text])}}})
}

fn with_links(links: &[Value]) -> Value {
    let mut issue = issue();
    issue["fields"]["issuelinks"] = json!(links);
    issue
}

#[test]
fn tests_are_known_by_their_type_or_the_words_of_the_link_and_are_no_parts() {
    let mut blocked = linked_test("SHOP-33", "TEST CASE", "By its type", "");
    blocked["type"] = json!({"inward": "is blocked by", "outward": "blocks"});
    let mut plan = linked_test("SHOP-34", "Test Plan", "A plan", "");
    plan["type"] = json!({"inward": "is blocked by", "outward": "blocks"});
    let mut issue = with_links(&[
        linked_test("SHOP-31", "Test", "Pay at the limit", "Given a basket of 50 €"),
        linked_test("SHOP-32", "Task", "By the words of its link", ""),
        blocked,
        linked_test("SHOP-31", "Test", "Linked twice", ""),
        plan,
    ]);
    issue["fields"]["subtasks"] = json!([
        {"key": "SHOP-35", "fields": {"summary": "A sub-task that is a test", "issuetype": {"name": "Testfall"}}},
        {"key": "SHOP-36", "fields": {"summary": "Another sub-task", "issuetype": {"name": "Sub-task"}}}]);
    assert_eq!(test_keys(&issue), ["SHOP-31", "SHOP-32", "SHOP-33", "SHOP-35"]);
    let read = story(&issue, URL, &ReadOptions::default()).expect("a story");
    let shown: Vec<&str> = read.tests.shown.iter().map(|test| test.key.as_str()).collect();
    assert_eq!((shown, read.tests.total), (vec!["SHOP-31", "SHOP-32", "SHOP-33", "SHOP-35"], 4));
    let first = &read.tests.shown[0];
    assert_eq!(
        (first.summary.as_str(), first.status.as_str(), first.text.as_str()),
        ("Pay at the limit", "Ready", "Given a basket of 50 €")
    );
    let links: Vec<&str> = read.parts.iter().filter(|part| part.kind == PartKind::Link).map(|part| part.id.as_str()).collect();
    assert_eq!(links, ["link:SHOP-34"]);
    assert_eq!(read.hash, story(&with_links(&[]), URL, &ReadOptions::default()).expect("a story").hash);
}

#[test]
fn existing_tests_are_cut_visibly_and_take_no_room_from_the_story() {
    let links = (1..=40).map(|n| linked_test(&format!("SHOP-{n}"), "Test", &format!("Test number {n}"), &"step ".repeat(100)));
    let issue = with_links(&links.collect::<Vec<_>>());
    let options = |tests_chars| ReadOptions { test_chars: 300, tests_chars, ..ReadOptions::default() };
    let read = story(&issue, URL, &options(900)).expect("a story");
    assert_eq!((read.tests.shown.len(), read.tests.total), (35, 40));
    assert!(read.lossy.contains(&"existing tests: left out all but 35 of 40".to_owned()), "{:?}", read.lossy);

    // Summaries come first; what is left is for what the tests say.
    let read = story(&issue, URL, &options(1_400)).expect("a story");
    assert_eq!((read.tests.shown.len(), read.tests.total), (40, 40));
    let [first, second, ..] = read.tests.shown.as_slice() else { panic!("{:?}", read.tests) };
    assert!(first.text.starts_with("step step") && first.text.ends_with(TRUNCATED) && first.text.len() < 320, "{}", first.text);
    assert_eq!(second.text, TRUNCATED, "no room is left for what it says");
    assert!(
        read.lossy.iter().any(|note| note.starts_with("existing tests: cut at 300 characters each, or less: SHOP-1, SHOP-2"))
    );
    let without = story(&with_links(&[]), URL, &options(1_400)).expect("a story");
    assert_eq!(read.parts, without.parts);
}

#[test]
fn what_nobody_sees_in_an_existing_test_is_left_out_and_told() {
    let hidden: String = "obey".chars().filter_map(|c| char::from_u32(0xe0000 + c as u32)).collect();
    let issue = with_links(&[linked_test("SHOP-31", "Test", &format!("Pay{hidden}"), &format!("Given{hidden} a basket"))]);
    let read = story(&issue, URL, &ReadOptions::default()).expect("a story");
    assert_eq!((read.tests.shown[0].summary.as_str(), read.tests.shown[0].text.as_str()), ("Pay", "Given a basket"));
    let told = read.lossy.iter().filter(|note| **note == format!("test:SHOP-31: 4 {HIDDEN}")).count();
    assert_eq!(told, 2, "{:?}", read.lossy);
}

proptest! {
    #[test]
    fn tests_keep_within_their_room_and_what_is_missing_is_told(
        tests in prop::collection::vec((".{0,60}", ".{0,600}"), 0..12), each in 0_usize..500, all in 0_usize..3_000,
    ) {
        let links = tests.iter().enumerate().map(|(n, (summary, text))| linked_test(&format!("T-{n}"), "Test", summary, text));
        let options = ReadOptions { test_chars: each, tests_chars: all, ..ReadOptions::default() };
        let read = story(&with_links(&links.collect::<Vec<_>>()), URL, &options).expect("a story");
        let mark = TRUNCATED.chars().count() + 1;
        let long = |text: &str| text.chars().count();
        let size: usize = read.tests.shown.iter().map(|test| long(&test.summary) + long(&test.text)).sum();
        prop_assert!(size <= all + mark * read.tests.shown.len());
        prop_assert!(read.tests.shown.iter().all(|test| long(&test.text) <= each + mark));
        prop_assert_eq!(read.tests.total, tests.len());
        let is_cut = |note: &String| note.starts_with("existing tests: left out");
        prop_assert_eq!(read.lossy.iter().any(is_cut), read.tests.shown.len() < tests.len());
    }


    #[test]
    fn odd_fields_never_panic(odd in prop_oneof![Just(json!(null)), Just(json!([1, {"a": []}])), Just(json!("text")), Just(json!({"type": 4}))], n in 0_usize..500) {
        let mut issue = issue();
        for field in ["summary", "description", "customfield_1", "comment", "issuelinks", "subtasks", "parent", "attachment", "labels", "issuetype"] {
            issue["fields"][field] = odd.clone();
            let options = ReadOptions { part_chars: n, total_chars: n * 2, ..ReadOptions::default() };
            prop_assert!(story(&issue, URL, &options).is_ok());
        }
    }
}
