//! Running queries over the issues.

use std::cmp::Ordering;

use chrono::NaiveDateTime;

use super::Site;
use super::catalogue::{self, CRITERIA_FIELD, ISSUE_TYPES};
use super::issue::Issue;
use super::jql::{self, Clause, Operator, Query};
use super::problem::{Answer, Problem};
use crate::adf::text::plain;
use crate::clock::{self, local};
use crate::loader::split_key;

impl Site {
    /// Reads a query and checks its values against the site.
    pub(crate) fn query(&self, jql: &str) -> Result<Query, String> {
        let query = jql::parse(jql)?;
        if let Some(filter) = &query.filter {
            self.check(filter)?;
        }
        Ok(query)
    }

    /// The same for a search: the query must restrict something.
    pub(crate) fn bounded(&self, jql: &str) -> Answer<Query> {
        let query = self.query(jql).map_err(Problem::bad)?;
        if query.filter.is_none() {
            return Err(Problem::bad(
                "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.",
            ));
        }
        Ok(query)
    }

    /// The ids that match, in order. Issues younger than `lag` are seen only when they are in `reconciled`.
    pub(crate) fn matching(&self, query: &Query, lag: i64, reconciled: &[u64]) -> Vec<u64> {
        let horizon = clock::now() - lag;
        let visible = |issue: &Issue| lag == 0 || issue.created <= horizon || reconciled.contains(&issue.id);
        let meets = |issue: &Issue| query.filter.as_ref().is_none_or(|filter| self.meets(issue, filter));
        let mut found: Vec<&Issue> = self.issues.values().filter(|issue| visible(issue) && meets(issue)).collect();
        if query.order.is_empty() {
            found.sort_by_key(|issue| std::cmp::Reverse(issue.id));
        } else {
            found.sort_by(|a, b| compare(a, b, &query.order));
        }
        found.into_iter().map(|issue| issue.id).collect()
    }

    fn check(&self, clause: &Clause) -> Result<(), String> {
        match clause {
            Clause::And(clauses) | Clause::Or(clauses) => clauses.iter().try_for_each(|clause| self.check(clause)),
            Clause::Not(clause) => self.check(clause),
            Clause::Test { field, values, .. } => values.iter().try_for_each(|value| self.check_value(field, value)),
        }
    }

    fn check_value(&self, field: &str, value: &str) -> Result<(), String> {
        let known = match field {
            "project" => {
                self.projects.keys().any(|key| key.eq_ignore_ascii_case(value))
                    || self.projects.values().any(|id| id.to_string() == value)
            }
            "key" | "issuekey" | "issue" | "id" | "parent" if !is_empty(value) => {
                if self.id_of(value).is_none() {
                    return Err(format!("An issue with key '{value}' does not exist for field '{field}'."));
                }
                true
            }
            "issuetype" | "type" => catalogue::type_index(value).is_some(),
            "status" => catalogue::STATUSES.iter().any(|status| status.1.eq_ignore_ascii_case(value) || status.0 == value),
            _ => true,
        };
        if known || is_empty(value) || value.ends_with("()") {
            Ok(())
        } else {
            Err(format!("The value '{value}' does not exist for the field '{field}'."))
        }
    }

    /// Whether an issue meets a condition.
    pub(crate) fn meets(&self, issue: &Issue, clause: &Clause) -> bool {
        match clause {
            Clause::And(clauses) => clauses.iter().all(|clause| self.meets(issue, clause)),
            Clause::Or(clauses) => clauses.iter().any(|clause| self.meets(issue, clause)),
            Clause::Not(clause) => !self.meets(issue, clause),
            Clause::Test { field, operator, values } => self.passes(issue, field, *operator, values),
        }
    }

    fn passes(&self, issue: &Issue, field: &str, operator: Operator, values: &[String]) -> bool {
        if matches!(field, "created" | "updated") {
            let at = if field == "created" { issue.created } else { issue.updated };
            return values.first().and_then(|value| moment(value)).is_some_and(|bound| ordered(operator, at.cmp(&bound)));
        }
        let held = self.held(issue, field);
        let equal = |value: &String| {
            if is_empty(value) {
                return held.is_empty();
            }
            held.iter().any(|known| known.eq_ignore_ascii_case(value))
        };
        let contains = |value: &String| {
            let needle = value.trim_matches('*').to_lowercase();
            held.iter().any(|known| needle.split_whitespace().all(|word| known.to_lowercase().contains(word)))
        };
        match operator {
            Operator::Is => values.iter().any(equal),
            Operator::IsNot => !values.iter().any(equal),
            Operator::Has => values.iter().any(contains),
            Operator::HasNot => !values.iter().any(contains),
            _ => {
                let bound = values.first().and_then(|value| split_key(value));
                let own = split_key(&issue.key);
                matches!((bound, own), (Some(bound), Some(own)) if bound.0 == own.0 && ordered(operator, own.1.cmp(&bound.1)))
            }
        }
    }

    /// The values of a field, as they are compared.
    fn held(&self, issue: &Issue, field: &str) -> Vec<String> {
        let one = |text: &str| if text.is_empty() { Vec::new() } else { vec![text.to_owned()] };
        match field {
            "project" => {
                let id = self.projects.get(issue.project()).map(u64::to_string).unwrap_or_default();
                vec![issue.project().to_owned(), id]
            }
            "key" | "issuekey" | "issue" | "id" => vec![issue.key.clone(), issue.id.to_string()],
            "labels" => issue.labels().map(str::to_owned).collect(),
            "parent" => {
                let parent = issue.parent.and_then(|id| self.issues.get(&id));
                parent.map(|parent| vec![parent.key.clone(), parent.id.to_string()]).unwrap_or_default()
            }
            "status" => one(issue.text("status")),
            "statuscategory" => {
                let known = catalogue::STATUSES.iter().find(|status| status.1.eq_ignore_ascii_case(issue.text("status")));
                known.map(|status| vec![status.3.to_owned(), status.2.to_owned(), status.4.to_string()]).unwrap_or_default()
            }
            "issuetype" | "type" => vec![ISSUE_TYPES[issue.kind].name.to_owned(), ISSUE_TYPES[issue.kind].id.to_owned()],
            "priority" => one(issue.text("priority")),
            "summary" => one(issue.text("summary")),
            "description" => issue.fields.get("description").map(|value| one(&plain(value))).unwrap_or_default(),
            "text" => {
                let rich = ["description", CRITERIA_FIELD].iter().filter_map(|field| issue.fields.get(*field)).map(plain);
                let comments = issue.comments.iter().map(|comment| plain(&comment.body));
                std::iter::once(issue.text("summary").to_owned()).chain(rich).chain(comments).collect()
            }
            "component" => {
                let components = issue.fields.get("components").and_then(serde_json::Value::as_array).into_iter().flatten();
                components.filter_map(|component| component["name"].as_str()).map(str::to_owned).collect()
            }
            "reporter" | "creator" => vec![issue.creator.clone(), super::people::account_id(&issue.creator)],
            name => {
                let custom =
                    catalogue::FIELDS.iter().find(|known| known.name.eq_ignore_ascii_case(name) || cf(name) == Some(known.id));
                custom
                    .and_then(|field| issue.fields.get(field.id))
                    .map(|value| one(&value.as_str().map_or_else(|| plain(value), str::to_owned)))
                    .unwrap_or_default()
            }
        }
    }
}

fn cf(name: &str) -> Option<&'static str> {
    let number = name.strip_prefix("cf[")?.strip_suffix(']')?;
    catalogue::FIELDS.iter().find(|field| field.id.strip_prefix("customfield_") == Some(number)).map(|field| field.id)
}

fn is_empty(value: &str) -> bool {
    value.eq_ignore_ascii_case("empty") || value.eq_ignore_ascii_case("null")
}

fn ordered(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Over => order.is_gt(),
        Operator::AtLeast => order.is_ge(),
        Operator::Under => order.is_lt(),
        Operator::AtMost => order.is_le(),
        Operator::IsNot | Operator::HasNot => order.is_ne(),
        Operator::Is | Operator::Has => order.is_eq(),
    }
}

/// `-1d`, `2026-11-03` or `2026-11-03 14:30`, in the time zone of the site.
fn moment(value: &str) -> Option<i64> {
    if let Some(relative) = value.strip_prefix('-') {
        let split = relative.find(|c: char| !c.is_ascii_digit()).unwrap_or(relative.len());
        let unit = match &relative[split..] {
            "w" => 604_800_000,
            "d" => 86_400_000,
            "h" => 3_600_000,
            "m" => 60_000,
            _ => return None,
        };
        return Some(clock::now() - relative[..split].parse::<i64>().ok()? * unit);
    }
    let text = value.replace('/', "-");
    let full = if text.len() > 10 { text } else { format!("{text} 00:00") };
    let naive = NaiveDateTime::parse_from_str(&full, "%Y-%m-%d %H:%M").ok()?;
    naive.and_local_timezone(*local(0).offset()).single().map(|at| at.timestamp_millis())
}

fn compare(a: &Issue, b: &Issue, order: &[(String, bool)]) -> Ordering {
    for (field, descending) in order {
        let ordering = match field.as_str() {
            "created" => a.created.cmp(&b.created),
            "updated" => a.updated.cmp(&b.updated),
            "priority" => rank(b).cmp(&rank(a)),
            "summary" => a.text("summary").cmp(b.text("summary")),
            "status" => a.text("status").cmp(b.text("status")),
            "issuetype" | "type" => a.kind.cmp(&b.kind),
            "key" | "issuekey" => split_key(&a.key).cmp(&split_key(&b.key)),
            _ => a.id.cmp(&b.id),
        };
        let ordering = if *descending { ordering.reverse() } else { ordering };
        if ordering.is_ne() {
            return ordering;
        }
    }
    a.id.cmp(&b.id)
}

fn rank(issue: &Issue) -> usize {
    catalogue::PRIORITIES.iter().position(|name| name.eq_ignore_ascii_case(issue.text("priority"))).unwrap_or(2)
}
