//! A statement with `?` for values and `{now}` for the time, which both databases understand after rendering.

use sea_orm::Value;
use uuid::Uuid;

/// A piece of SQL and its values, in order.
#[derive(Debug, Clone)]
pub struct Sql {
    text: &'static str,
    values: Vec<Value>,
}

/// How the time of a statement is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Now {
    /// PostgreSQL's own clock.
    Database,
    /// A given time on PostgreSQL (tests).
    GivenPostgres(i64),
    /// A given time on SQLite.
    Given(i64),
}

/// What a `{name}` token stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Name {
    /// Other text.
    Text(&'static str),
    /// The row of a table, by its id, if the script's guard took it.
    Row(&'static str, Uuid),
    /// Whether somebody is an active administrator; `None` = the system itself, which may.
    Administers(Option<Uuid>),
}

impl Sql {
    /// A statement; values follow by [`Sql::bind`].
    #[must_use]
    pub fn new(text: &'static str) -> Self {
        Self { text, values: Vec::with_capacity(8) }
    }

    /// The value of the next `?`.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Whether the text holds a token.
    pub(super) fn has(&self, token: &str) -> bool {
        self.text.contains(token)
    }

    /// Appends the statement to `text` with numbered parameters. Names in `names` replace `{name}` tokens.
    pub(super) fn render(self, text: &mut String, values: &mut Vec<Value>, now: Now, names: &[(&str, Name)]) {
        let mut own = self.values.into_iter();
        let mut rest = self.text;
        while let Some(at) = rest.find(['?', '{']) {
            text.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix('?') {
                match own.next() {
                    Some(value) => push_parameter(text, values, value),
                    None => text.push('?'),
                }
                rest = after;
            } else if let Some(after) = rest.strip_prefix("{now}") {
                push_now(text, values, now);
                rest = after;
            } else {
                let (name, after) = rest[1..].split_once('}').unwrap_or((&rest[1..], ""));
                match names.iter().find(|(known, _)| *known == name) {
                    Some((_, Name::Text(replacement))) => text.push_str(replacement),
                    Some((_, Name::Row(table, id))) => {
                        text.push_str("(SELECT * FROM ");
                        text.push_str(table);
                        text.push_str(" WHERE id = ");
                        push_parameter(text, values, (*id).into());
                        text.push_str(" AND EXISTS (SELECT 1 FROM temp.took WHERE n > 0))");
                    }
                    Some((_, Name::Administers(None))) => text.push_str("TRUE"),
                    Some((_, Name::Administers(Some(id)))) => {
                        text.push_str(
                            "EXISTS (SELECT 1 FROM users AS actor WHERE actor.active AND actor.role = 'admin' AND actor.id = ",
                        );
                        push_parameter(text, values, (*id).into());
                        text.push(')');
                    }
                    None => debug_assert!(false, "the token {{{name}}} stands for nothing here"),
                }
                rest = after;
            }
        }
        text.push_str(rest);
    }
}

fn push_parameter(text: &mut String, values: &mut Vec<Value>, value: Value) {
    use std::fmt::Write;
    values.push(value);
    let _ = write!(text, "${}", values.len());
}

/// PostgreSQL's clock. STABLE, unlike `clock_timestamp()`: an index can be searched with it.
pub(super) const DATABASE_NOW: &str = "CAST(extract(epoch FROM statement_timestamp()) * 1000 AS BIGINT)";

fn push_now(text: &mut String, values: &mut Vec<Value>, now: Now) {
    match now {
        Now::Database => text.push_str(DATABASE_NOW),
        Now::GivenPostgres(ms) => {
            text.push_str("CAST(");
            push_parameter(text, values, ms.into());
            text.push_str(" AS BIGINT)");
        }
        Now::Given(ms) => push_parameter(text, values, ms.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_names_and_time_find_their_places() {
        let (mut text, mut values) = (String::new(), vec![Value::from(7)]);
        let sql = Sql::new("UPDATE jobs SET a = ?, b = {now} WHERE id = ? AND x IN (SELECT id FROM {held})").bind(1).bind(2);
        sql.render(&mut text, &mut values, Now::GivenPostgres(5), &[("held", Name::Text("job"))]);
        assert_eq!(text, "UPDATE jobs SET a = $2, b = CAST($3 AS BIGINT) WHERE id = $4 AND x IN (SELECT id FROM job)");
        assert_eq!(values, [Value::from(7), Value::from(1), Value::from(5i64), Value::from(2)]);
    }
}
