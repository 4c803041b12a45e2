//! The settings of single sign-on.

use url::{Host, Url};

use super::problem::ConfigProblem;
use super::read::Reader;
use crate::adapters::http::Secret;
use crate::adapters::oidc::OidcSettings;
use crate::domain::identity::RoleClaim;
use crate::domain::user::Role;

pub(super) fn read(r: &mut Reader) -> Option<OidcSettings> {
    let link_by_email = r.one_of("JQA_OIDC_LINK_BY_EMAIL", &["true", "false"]) == "true";
    let (roles, otherwise) = (roles(r), otherwise(r));
    let issuer = r.url("JQA_OIDC_ISSUER")?;
    if issuer.scheme() == "http" && !is_here(&issuer) {
        r.problems.push(ConfigProblem::new("JQA_OIDC_ISSUER", "should begin with https://, unless it is on this machine"));
    }
    let client_id = r.optional("JQA_OIDC_CLIENT_ID");
    if client_id.is_none() {
        r.problems.push(ConfigProblem::new("JQA_OIDC_CLIENT_ID", "should be set together with JQA_OIDC_ISSUER"));
    }
    let scopes = r.source.text("JQA_OIDC_SCOPES").to_owned();
    if !scopes.split(' ').any(|scope| scope == "openid") {
        r.problems.push(ConfigProblem::new("JQA_OIDC_SCOPES", "should be words separated by spaces, openid among them"));
    }
    if roles.is_empty() && otherwise.is_none() {
        let message = "should be set together with JQA_OIDC_ISSUER, or JQA_OIDC_DEFAULT_ROLE: else nobody gets in";
        r.problems.push(ConfigProblem::new("JQA_OIDC_ROLES", message));
    }
    Some(OidcSettings {
        issuer_text: r.source.text("JQA_OIDC_ISSUER").to_owned(),
        issuer,
        client_id: client_id.unwrap_or_default(),
        client_secret: Secret::new(r.source.text("JQA_OIDC_CLIENT_SECRET")),
        scopes,
        roles: RoleClaim { path: r.source.text("JQA_OIDC_ROLE_CLAIM").to_owned(), roles, otherwise },
        link_by_email,
    })
}

fn roles(r: &mut Reader) -> Vec<(String, Role)> {
    let text = r.optional("JQA_OIDC_ROLES").unwrap_or_default();
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    // A group may be named by a path with equals signs in it, a role here is not.
    let read: Option<Vec<_>> = pairs
        .map(|pair| pair.rsplit_once('=').and_then(|(name, role)| Some((name.trim().to_owned(), role.trim().parse().ok()?))))
        .collect();
    read.unwrap_or_else(|| {
        let message = "should be pairs such as jqa-testers=qa, separated by commas; roles here are admin, qa, po, developer";
        r.problems.push(ConfigProblem::new("JQA_OIDC_ROLES", message));
        Vec::new()
    })
}

fn otherwise(r: &mut Reader) -> Option<Role> {
    let role = r.optional("JQA_OIDC_DEFAULT_ROLE")?.parse().ok();
    if role.is_none() {
        let message = "should be one of admin, qa, po, developer, or empty";
        r.problems.push(ConfigProblem::new("JQA_OIDC_DEFAULT_ROLE", message));
    }
    role
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Settings, Source};

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<OidcSettings>, Vec<String>> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings = Settings::read(&Source::new(variables, None).unwrap());
        settings.map(|settings| settings.oidc).map_err(|all| all.into_iter().map(|problem| problem.name).collect())
    }

    #[test]
    fn a_provider_is_read_with_the_roles_it_gives() {
        assert!(read(&[]).unwrap().is_none());
        let settings = read(&[
            ("JQA_OIDC_ISSUER", "https://id.example/"),
            ("JQA_OIDC_CLIENT_ID", "jqa"),
            ("JQA_OIDC_CLIENT_SECRET", "s3cret"),
            ("JQA_OIDC_ROLES", "cn=testers=qa, chiefs=admin"),
        ]);
        let settings = settings.unwrap().unwrap();
        assert_eq!(settings.issuer_text, "https://id.example/", "to the letter");
        assert_eq!(settings.roles.roles, [("cn=testers".to_owned(), Role::Qa), ("chiefs".to_owned(), Role::Admin)]);
        assert!(!settings.link_by_email && !format!("{settings:?}").contains("s3cret"));
    }

    #[test]
    fn what_lets_nobody_in_or_is_sent_in_the_clear_is_refused() {
        let problems = read(&[
            ("JQA_OIDC_ISSUER", "http://id.example"),
            ("JQA_OIDC_SCOPES", "email"),
            ("JQA_OIDC_DEFAULT_ROLE", "tester"),
            ("JQA_OIDC_LINK_BY_EMAIL", "yes"),
        ]);
        let mut names = problems.unwrap_err();
        names.sort();
        let wrong = ["CLIENT_ID", "DEFAULT_ROLE", "ISSUER", "LINK_BY_EMAIL", "ROLES", "SCOPES"];
        assert_eq!(names, wrong.map(|name| format!("JQA_OIDC_{name}")));
        let near = [("JQA_OIDC_ISSUER", "http://127.0.0.1:9/"), ("JQA_OIDC_CLIENT_ID", "jqa"), ("JQA_OIDC_DEFAULT_ROLE", "qa")];
        assert!(read(&near).is_ok());
    }
}
