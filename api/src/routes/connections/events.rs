//! What an administrator says of rules and polls.

use shared::domain::issue_key::IssueKey;
use shared::domain::jira_event::{Poll, Rule, When};
use shared::domain::job::JobKind;
use shared::domain::normal::is_one_line;
use shared::domain::publish::PublishWhat;
use shared::store::connection::JiraOptions;

use crate::extract::Fields;

/// Each is asked for each change.
const MOST_RULES: usize = 50;

/// Names of statuses and labels.
const LONGEST_NAME: usize = 255;

/// Targets of one rule.
const MOST_TARGETS: usize = 6;

/// The longest JQL.
const LONGEST_JQL: usize = 4000;

/// No two polls are nearer, none are further apart.
const POLL_SECONDS: std::ops::RangeInclusive<u64> = 60..=86_400;

/// Notes what is wrong with the rules and the poll of a connection.
pub(super) fn check(fields: &mut Fields, options: &JiraOptions) {
    if options.rules.len() > MOST_RULES {
        fields.refuse("options.rules", format!("holds more than {MOST_RULES} rules"));
    }
    for (n, rule) in options.rules.iter().enumerate().take(MOST_RULES) {
        check_rule(fields, &format!("options.rules[{n}]"), rule);
        if options.rules.iter().take(n).any(|other| other == rule) {
            fields.refuse(format!("options.rules[{n}]"), "is there twice");
        }
    }
    if let Some(poll) = &options.poll {
        check_poll(fields, poll);
    }
}

fn check_rule(fields: &mut Fields, place: &str, rule: &Rule) {
    let (what, name, is_usable): (_, _, fn(char) -> bool) = match &rule.when {
        When::Status(name) => ("status", name, |c| !c.is_control()),
        When::Label(name) => ("label", name, |c| !c.is_whitespace() && !c.is_control()),
    };
    if name.trim().is_empty() || name.len() > LONGEST_NAME || !is_one_line(name) || !name.chars().all(is_usable) {
        fields.refuse(format!("{place}.when.{what}"), format!("should be the name of a {what}, as Jira shows it"));
    }
    if rule.project.as_deref().is_some_and(|project| !is_project(project)) {
        fields.refuse(format!("{place}.project"), "should be the key of a project, such as SHOP");
    }
    if rule.kind == JobKind::Publication {
        fields.refuse(format!("{place}.kind"), "should be acceptance-criteria, test-scenarios or full-pipeline");
    }
    if rule.publish.len() > MOST_TARGETS {
        fields.refuse(format!("{place}.publish"), format!("holds more than {MOST_TARGETS} targets"));
    }
    for (n, target) in rule.publish.iter().enumerate().take(MOST_TARGETS) {
        let place = format!("{place}.publish[{n}]");
        match (target.what, rule.kind) {
            _ if rule.publish.iter().take(n).any(|other| other == target) => fields.refuse(place, "is there twice"),
            _ if target.complaint().is_some() => {
                target.complaint().into_iter().for_each(|why| fields.refuse(format!("{place}.what"), why));
            }
            (PublishWhat::Scenarios, JobKind::AcceptanceCriteria) => {
                fields.refuse(format!("{place}.what"), "this kind makes no scenarios");
            }
            (PublishWhat::Criteria, JobKind::TestScenarios) => {
                fields.refuse(format!("{place}.what"), "this kind makes no criteria");
            }
            _ => {}
        }
    }
}

/// As the keys of its issues begin.
fn is_project(project: &str) -> bool {
    IssueKey::parse(&format!("{project}-1")).is_ok_and(|key| key.project() == project)
}

fn check_poll(fields: &mut Fields, poll: &Poll) {
    if poll.jql.len() > LONGEST_JQL {
        fields.refuse("options.poll.jql", format!("is longer than {LONGEST_JQL} bytes"));
    } else if let Some(complaint) = Poll::complaint(&poll.jql) {
        fields.refuse("options.poll.jql", complaint);
    }
    if !POLL_SECONDS.contains(&poll.every_seconds) {
        let (least, most) = (POLL_SECONDS.start(), POLL_SECONDS.end());
        fields.refuse("options.poll.every_seconds", format!("should be a number between {least} and {most}"));
    }
}
