//! What an identity provider says of somebody, and the role that follows from it.

use serde_json::Value;

use super::user::Role;

/// Somebody a provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// The provider.
    pub issuer: String,
    /// Who they are there; never given to somebody else.
    pub subject: String,
    /// In lower case, when the provider tells it.
    pub email: Option<String>,
    /// Whether the provider checked that the e-mail is theirs.
    pub email_verified: bool,
    /// How to call them.
    pub name: Option<String>,
    /// What they are by the provider's word; `None` = nobody here.
    pub role: Option<Role>,
}

/// How a claim becomes a role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleClaim {
    /// Where the provider's roles or groups stand: `roles`, or `realm_access.roles` within other claims.
    pub path: String,
    /// What the provider calls them, and what they are here.
    pub roles: Vec<(String, Role)>,
    /// What everybody else is; `None` = nobody.
    pub otherwise: Option<Role>,
}

impl RoleClaim {
    /// The role of somebody with these claims: the one that may do most of those that are mapped.
    #[must_use]
    pub fn role(&self, claims: &Value) -> Option<Role> {
        let names = names(self.find(claims));
        // Roles are declared from the one that may do most to the one that may do least.
        let mapped = self.roles.iter().filter(|(name, _)| names.contains(&name.as_str())).map(|(_, role)| *role).min();
        mapped.or(self.otherwise)
    }

    /// A name with dots in it (`https://acme.example/roles`) goes before a path.
    fn find<'a>(&self, claims: &'a Value) -> Option<&'a Value> {
        if self.path.is_empty() {
            return None;
        }
        claims.get(&self.path).or_else(|| self.path.split('.').try_fold(claims, |value, name| value.get(name)))
    }
}

/// A list of names, or one.
fn names(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claim(path: &str, otherwise: Option<Role>) -> RoleClaim {
        let roles = vec![("testers".to_owned(), Role::Qa), ("chiefs".to_owned(), Role::Admin)];
        RoleClaim { path: path.to_owned(), roles, otherwise }
    }

    #[test]
    fn the_mapped_role_that_may_do_most_counts() {
        let roles = claim("realm_access.roles", None);
        assert_eq!(roles.role(&json!({ "realm_access": { "roles": ["testers", "x"] } })), Some(Role::Qa));
        assert_eq!(roles.role(&json!({ "realm_access": { "roles": ["testers", "chiefs"] } })), Some(Role::Admin));
        assert_eq!(claim("role", None).role(&json!({ "role": "testers" })), Some(Role::Qa));
        assert_eq!(
            claim("https://acme.example/roles", None).role(&json!({ "https://acme.example/roles": ["testers"] })),
            Some(Role::Qa)
        );
    }

    #[test]
    fn whoever_is_not_mapped_is_nobody_unless_everybody_is_somebody() {
        for claims in
            [json!({}), json!({ "groups": [] }), json!({ "groups": ["Testers", 7] }), json!({ "groups": { "testers": 1 } })]
        {
            assert_eq!(claim("groups", None).role(&claims), None, "{claims}");
            assert_eq!(claim("groups", Some(Role::Developer)).role(&claims), Some(Role::Developer), "{claims}");
        }
        assert_eq!(claim("", None).role(&json!({ "": ["chiefs"] })), None);
    }
}
