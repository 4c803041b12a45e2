//! Which budget a request draws from. A route that nobody thought of here is not free: what changes something is a
//! submission, what stands below `/auth` is a login, and what stands below `/hooks` a webhook.

use axum::http::Method;
use shared::config::Budgets;
use shared::domain::rate::Rate;

/// See [`Budgets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Budget {
    Login,
    Submit,
    Read,
    Hook,
}

/// Below `/auth`, but for callers who are known already.
const SIGNED_IN: &[&str] = &["auth/logout", "auth/me", "auth/sessions", "auth/sessions/{id}"];

impl Budget {
    /// Of a route as the router writes it; empty = no route.
    pub(crate) fn of(method: &Method, route: &str) -> Self {
        let Some(path) = route.strip_prefix("/api/v1/") else { return Self::Read };
        let asks_jira = path.starts_with("jira/");
        let only_looks = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        if path.starts_with("auth/") && !SIGNED_IN.contains(&path) {
            Self::Login
        } else if path.starts_with("hooks/") {
            Self::Hook
        } else if only_looks && !asks_jira {
            Self::Read
        } else {
            Self::Submit
        }
    }

    /// As metrics and keys call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Submit => "submit",
            Self::Read => "read",
            Self::Hook => "hook",
        }
    }

    /// How large it is; `None` = any number.
    pub(crate) fn rate(self, budgets: &Budgets) -> Option<Rate> {
        match self {
            Self::Login => budgets.login,
            Self::Submit => budgets.submit,
            Self::Read => budgets.read,
            Self::Hook => budgets.hook,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    #[test]
    fn every_path_of_the_document_has_the_budget_that_was_meant() {
        let document = serde_json::to_value(crate::routes::document(&crate::ApiSettings::default())).unwrap();
        let mut told = String::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                let method = method.to_uppercase();
                let budget = Budget::of(&method.parse().unwrap(), path).name();
                let _ = writeln!(told, "{method} {path}: {budget}");
            }
        }
        insta::assert_snapshot!(told);
    }

    #[test]
    fn a_route_that_nobody_thought_of_is_not_free() {
        let of = |method: Method, route| Budget::of(&method, route);
        assert_eq!(of(Method::GET, "/api/v1/auth/anything"), Budget::Login);
        assert_eq!(of(Method::PUT, "/api/v1/anything"), Budget::Submit);
        assert_eq!(of(Method::from_bytes(b"PURGE").unwrap(), "/api/v1/anything"), Budget::Submit);
        assert_eq!(of(Method::GET, "/api/v1/jira/anything"), Budget::Submit);
        assert_eq!(of(Method::GET, ""), Budget::Read);
    }
}
