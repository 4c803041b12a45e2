//! A reply that repeats what its writer was told.

use super::fixture::{criterion, locked, reply};
use crate::domain::checks::{Instructions, screen};
use crate::domain::reply::ProposedQuestion;

#[test]
fn items_that_repeat_the_instructions_fail_and_lines_are_gone() {
    let told = "You write acceptance criteria for one Jira story. Testers, product owners and developers will rely on them.";
    let mut reply = reply(vec![locked(), criterion("You write acceptance criteria for one Jira story. Testers", "x", "y", "")]);
    reply.warnings = vec!["It said: TESTERS, product owners, and developers will rely on them".to_owned(), "Unclear".to_owned()];
    reply.questions = vec![ProposedQuestion { text: "Which?".to_owned(), why: told.to_owned() }];
    let failed = screen(&mut reply, &Instructions::new(told));
    assert_eq!((reply.criteria.len(), reply.warnings.as_slice(), reply.questions.len()), (1, &["Unclear".to_owned()][..], 0));
    assert_eq!((failed.len(), failed[0].proposal.title.as_str()), (1, "[…]"));
}

#[test]
fn what_nobody_sees_is_gone_from_a_reply() {
    let mut hidden = locked();
    hidden.title = "Lo\u{200b}ck\u{e0041}".to_owned();
    let mut reply = reply(vec![hidden]);
    assert!(screen(&mut reply, &Instructions::new("")).is_empty());
    assert_eq!(reply.criteria, [locked()]);
}
