//! A small JQL: comparisons, `AND`, `OR`, `NOT`, brackets, `ORDER BY`.

use super::tokens::{Token, split};

/// A query.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    /// `None` when nothing restricts it.
    pub(crate) filter: Option<Clause>,
    /// Fields to order by, and whether descending.
    pub(crate) order: Vec<(String, bool)>,
}

/// A condition.
#[derive(Clone, Debug)]
pub(crate) enum Clause {
    /// All of them.
    And(Vec<Clause>),
    /// One of them.
    Or(Vec<Clause>),
    /// Not this one.
    Not(Box<Clause>),
    /// A field compared with values.
    Test {
        /// The field, in lower case.
        field: String,
        /// How.
        operator: Operator,
        /// With what; a single value unless `in`.
        values: Vec<String>,
    },
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Operator {
    Is,
    IsNot,
    Has,
    HasNot,
    Over,
    AtLeast,
    Under,
    AtMost,
}

const FIELDS: &[&str] = &[
    "project",
    "key",
    "issuekey",
    "issue",
    "id",
    "labels",
    "parent",
    "status",
    "statuscategory",
    "issuetype",
    "type",
    "priority",
    "summary",
    "description",
    "text",
    "created",
    "updated",
    "assignee",
    "reporter",
    "creator",
    "component",
    "resolution",
    "sprint",
    "rank",
    "fixversion",
    "duedate",
];

/// Reads a query; the error is Jira's.
pub(crate) fn parse(jql: &str) -> Result<Query, String> {
    let tokens = split(jql)?;
    let mut reader = Reader { tokens: &tokens, at: 0, depth: 0 };
    let filter = if reader.ends_filter() { None } else { Some(reader.any_of()?) };
    let order = reader.order()?;
    match reader.peek() {
        None => Ok(Query { filter, order }),
        Some(token) => Err(format!("Error in the JQL Query: Expecting either 'OR' or 'AND' but got '{}'.", show(token))),
    }
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

/// Deeper than anybody nests parentheses.
const DEEPEST: usize = 100;

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn eat(&mut self, keyword: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is(keyword) || matches!(token, Token::Sign(sign) if *sign == keyword));
        self.at += usize::from(found);
        found
    }

    fn ends_filter(&self) -> bool {
        self.peek().is_none_or(|token| token.is("order"))
    }

    fn any_of(&mut self) -> Result<Clause, String> {
        let mut clauses = vec![self.all_of()?];
        while self.eat("or") {
            clauses.push(self.all_of()?);
        }
        Ok(if clauses.len() == 1 { clauses.remove(0) } else { Clause::Or(clauses) })
    }

    fn all_of(&mut self) -> Result<Clause, String> {
        let mut clauses = vec![self.one()?];
        while self.eat("and") {
            clauses.push(self.one()?);
        }
        Ok(if clauses.len() == 1 { clauses.remove(0) } else { Clause::And(clauses) })
    }

    fn one(&mut self) -> Result<Clause, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("Error in the JQL Query: The query is nested too deeply.".to_owned());
        }
        let clause = self.nested();
        self.depth -= 1;
        clause
    }

    fn nested(&mut self) -> Result<Clause, String> {
        if self.eat("not") {
            return Ok(Clause::Not(Box::new(self.one()?)));
        }
        if self.eat("(") {
            let inner = self.any_of()?;
            return if self.eat(")") {
                Ok(inner)
            } else {
                Err("Error in the JQL Query: Expecting ')' before the end of the query.".to_owned())
            };
        }
        self.test()
    }

    fn test(&mut self) -> Result<Clause, String> {
        let Some(name) = self.peek().and_then(Token::text).map(str::to_owned) else {
            let got = self.peek().map_or_else(|| "the end of the query".to_owned(), show);
            return Err(format!("Error in the JQL Query: Expecting a field name but got '{got}'."));
        };
        self.at += 1;
        let field = name.to_ascii_lowercase();
        let (operator, list) = self.operator(&name)?;
        if !FIELDS.contains(&field.as_str())
            && !field.starts_with("cf[")
            && super::catalogue::FIELDS.iter().all(|known| !known.name.eq_ignore_ascii_case(&name))
        {
            return Err(format!("Field '{name}' does not exist or you do not have permission to view it."));
        }
        let values = if list { self.list()? } else { vec![self.value()?] };
        Ok(Clause::Test { field, operator, values })
    }

    fn operator(&mut self, field: &str) -> Result<(Operator, bool), String> {
        use Operator::{AtLeast, AtMost, Has, HasNot, Is, IsNot, Over, Under};
        let signs =
            [("=", Is), ("!=", IsNot), ("~", Has), ("!~", HasNot), (">=", AtLeast), (">", Over), ("<=", AtMost), ("<", Under)];
        if let Some((_, operator)) = signs.into_iter().find(|(sign, _)| self.eat(sign)) {
            return Ok((operator, false));
        }
        if self.eat("in") {
            return Ok((Is, true));
        }
        if self.eat("not") {
            return if self.eat("in") {
                Ok((IsNot, true))
            } else {
                Err("Error in the JQL Query: Expecting 'in' after 'not'.".to_owned())
            };
        }
        if self.eat("is") {
            return Ok((if self.eat("not") { IsNot } else { Is }, false));
        }
        Err(match self.peek() {
            Some(token) => format!(
                "Error in the JQL Query: Expecting operator but got '{}'. The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'.",
                show(token)
            ),
            None => format!("Error in the JQL Query: Expecting operator before the end of the query after '{field}'."),
        })
    }

    fn value(&mut self) -> Result<String, String> {
        let Some(text) = self.peek().and_then(Token::text).map(str::to_owned) else {
            let got = self.peek().map_or_else(|| "the end of the query".to_owned(), show);
            return Err(format!("Error in the JQL Query: Expecting either a value, list or function but got '{got}'."));
        };
        self.at += 1;
        if self.eat("(") {
            return if self.eat(")") { Ok(format!("{text}()")) } else { Err(format!("Unable to find JQL function '{text}'.")) };
        }
        Ok(text)
    }

    fn list(&mut self) -> Result<Vec<String>, String> {
        if !self.eat("(") {
            return Err("Error in the JQL Query: Expecting '(' after 'in'.".to_owned());
        }
        let mut values = vec![self.value()?];
        while self.eat(",") {
            values.push(self.value()?);
        }
        if self.eat(")") {
            Ok(values)
        } else {
            Err("Error in the JQL Query: Expecting ')' before the end of the query.".to_owned())
        }
    }

    fn order(&mut self) -> Result<Vec<(String, bool)>, String> {
        let mut order = Vec::new();
        if !self.eat("order") {
            return Ok(order);
        }
        if !self.eat("by") {
            return Err("Error in the JQL Query: Expecting 'by' after 'order'.".to_owned());
        }
        loop {
            let field = self.value()?.to_ascii_lowercase();
            let descending = self.eat("desc");
            if !descending {
                self.eat("asc");
            }
            order.push((field, descending));
            if !self.eat(",") {
                break;
            }
        }
        if order.len() > 7 {
            Err("Error in the JQL Query: No more than 7 fields may be ordered by.".to_owned())
        } else {
            Ok(order)
        }
    }
}

fn show(token: &Token) -> String {
    match token {
        Token::Word(text) | Token::Quoted(text) => text.clone(),
        Token::Sign(sign) => (*sign).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_queries_parse() {
        for jql in [
            "project = X",
            "key in (A-1, \"A-2\") ORDER BY key DESC, created",
            "statusCategory != Done AND (labels = x OR labels is EMPTY) and not type = Bug",
            "summary ~ \"a \\\"b\\\"\" AND assignee = currentUser()",
            "parent = A-1",
            "updated >= -1d",
        ] {
            assert!(parse(jql).is_ok_and(|query| query.filter.is_some()), "{jql}");
        }
        assert!(parse("order by key").unwrap().filter.is_none());
    }

    #[test]
    fn bad_queries_are_refused() {
        for jql in [
            "project =",
            "project X",
            "= X",
            "(project = X",
            "project = X project = Y",
            "nothing = 1",
            "key in A-1",
            "a = \"b",
            "project = X ORDER key",
        ] {
            assert!(parse(jql).is_err(), "{jql}");
        }
        let nested = |depth: usize| format!("{}project = X{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse(&nested(50)).is_ok());
        for deep in [nested(100_000), "not ".repeat(100_000)] {
            assert!(parse(&deep).unwrap_err().contains("nested too deeply"));
        }
    }
}
