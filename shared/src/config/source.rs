//! Where the value of a setting comes from.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::problem::ConfigProblem;
use super::table::{SETTINGS, Setting};
use crate::domain::duration::parse_duration;

/// Values by name: the environment wins over the file, the file over the default.
#[derive(Clone, Default)]
pub struct Source {
    values: BTreeMap<String, String>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.values.keys()).finish()
    }
}

impl Source {
    /// Reads the process's environment over a file.
    pub fn of_process(file: Option<&Path>) -> Result<Self, Vec<ConfigProblem>> {
        let environment = std::env::vars().filter(|(name, _)| name.starts_with("JQA_"));
        let text = file
            .map(|path| {
                std::fs::read_to_string(path)
                    .map_err(|error| vec![ConfigProblem::new(path.display().to_string(), format!("cannot be read: {error}"))])
            })
            .transpose()?;
        Self::new(environment, text.as_deref())
    }

    /// Values from given variables over the text of a TOML file.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>, file: Option<&str>) -> Result<Self, Vec<ConfigProblem>> {
        let mut problems = Vec::new();
        let mut values = file.map(|text| from_toml(text, &mut problems)).unwrap_or_default();
        let variables: Vec<(String, String)> = variables.into_iter().collect();
        let is_given = |name: &str| variables.iter().any(|(given, value)| given == name && !value.is_empty());
        for (name, value) in variables.iter().cloned() {
            let Some(base) = name.strip_suffix("_FILE").filter(|base| known(base).is_some()) else {
                // An empty variable does not hide the file beside it.
                if !value.is_empty() || !is_given(&format!("{name}_FILE")) {
                    values.insert(name, value);
                }
                continue;
            };
            if value.is_empty() {
                continue;
            }
            if is_given(base) {
                problems.push(ConfigProblem::new(name.clone(), format!("is given together with {base}; keep one of them")));
            }
            match std::fs::read_to_string(&value) {
                Ok(text) if text.trim().is_empty() => problems.push(ConfigProblem::new(name, "names a file that is empty")),
                Ok(text) => {
                    values.insert(base.to_owned(), text.trim_end().to_owned());
                }
                Err(error) => problems.push(ConfigProblem::new(name, format!("names a file that cannot be read: {error}"))),
            }
        }
        if problems.is_empty() { Ok(Self { values }) } else { Err(problems) }
    }

    /// The values whose names begin so, and no others.
    #[must_use]
    pub fn only(mut self, prefix: &str) -> Self {
        self.values.retain(|name, _| name.starts_with(prefix));
        self
    }

    /// Sets a value, as tests and the demo do.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        debug_assert!(known(name).is_some(), "{name} is no setting");
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// The text of a setting; empty when it is neither set nor has a default.
    #[must_use]
    pub fn text(&self, name: &'static str) -> &str {
        let setting = known(name);
        debug_assert!(setting.is_some(), "{name} is no setting");
        let default = setting.map_or("", |setting| setting.default);
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty()).unwrap_or(default)
    }

    /// A number, or what parses like one.
    pub fn parse<T: std::str::FromStr>(&self, name: &'static str, should_be: &str) -> Result<T, ConfigProblem> {
        self.text(name).trim().parse().map_err(|_| ConfigProblem::new(name, format!("should be {should_be}")))
    }

    /// A length of time such as `500ms`, `15s`, `5m`, `24h`, `7d`.
    pub fn duration(&self, name: &'static str) -> Result<Duration, ConfigProblem> {
        parse_duration(self.text(name))
            .ok_or_else(|| ConfigProblem::new(name, "should be a length of time such as 500ms, 15s, 5m, 24h or 7d"))
    }
}

fn known(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

fn from_toml(text: &str, problems: &mut Vec<ConfigProblem>) -> BTreeMap<String, String> {
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            problems.push(ConfigProblem::new("the configuration file", format!("is no TOML: {}", error.message())));
            return BTreeMap::new();
        }
    };
    let mut values = BTreeMap::new();
    for (key, value) in table {
        let name = format!("JQA_{}", key.to_uppercase());
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Float(number) => number.to_string(),
            toml::Value::Boolean(flag) => flag.to_string(),
            _ => {
                problems.push(ConfigProblem::new(key, "should be a text or a number"));
                continue;
            }
        };
        if known(&name).is_none() {
            problems.push(ConfigProblem::new(key, "in the configuration file is no setting; the README lists them"));
        } else {
            values.insert(name, text);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let file = "lease = \"30s\"\nmax_attempts = 3\n";
        let source = Source::new([("JQA_LEASE".to_owned(), "9s".to_owned())], Some(file)).unwrap();
        assert_eq!(source.duration("JQA_LEASE").unwrap(), Duration::from_secs(9));
        assert_eq!(source.parse::<i32>("JQA_MAX_ATTEMPTS", "a number").unwrap(), 3);
        assert_eq!(source.text("JQA_BIND"), "127.0.0.1:8000");
    }

    #[test]
    fn of_one_kind_of_settings_the_others_are_not_taken_along() {
        let values = [("JQA_LLM_MODEL", "m"), ("JQA_DATABASE_URL", "postgres://db/jqa")];
        let source = Source::new(values.map(|(name, value)| (name.to_owned(), value.to_owned())), None).unwrap().only("JQA_LLM_");
        assert_eq!((source.text("JQA_LLM_MODEL"), source.text("JQA_DATABASE_URL")), ("m", ""));
    }

    #[test]
    fn a_wrong_value_names_its_variable_and_what_it_should_be() {
        let source = Source::new([("JQA_LEASE".to_owned(), "soon".to_owned())], None).unwrap();
        let problem = source.duration("JQA_LEASE").unwrap_err();
        assert_eq!(problem.to_string(), "JQA_LEASE should be a length of time such as 500ms, 15s, 5m, 24h or 7d");
    }

    #[test]
    fn an_unknown_name_in_the_file_is_refused() {
        let problems = Source::new([], Some("leas = \"3s\"")).unwrap_err();
        assert_eq!(problems[0].name, "leas");
    }

    #[test]
    fn a_file_that_says_nothing_or_not_alone_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().display().to_string();
        let problem = |variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Source::new(variables, None).map(|source| source.text("JQA_JIRA_TOKEN").to_owned()).map_err(|all| all[0].to_string())
        };
        assert_eq!(problem(&[("JQA_JIRA_TOKEN_FILE", &path)]).unwrap_err(), "JQA_JIRA_TOKEN_FILE names a file that is empty");
        std::fs::write(file.path(), "s3cret\n").unwrap();
        let both = problem(&[("JQA_JIRA_TOKEN", "other"), ("JQA_JIRA_TOKEN_FILE", &path)]).unwrap_err();
        assert_eq!(both, "JQA_JIRA_TOKEN_FILE is given together with JQA_JIRA_TOKEN; keep one of them");
        assert_eq!(problem(&[("JQA_JIRA_TOKEN", ""), ("JQA_JIRA_TOKEN_FILE", &path)]).unwrap(), "s3cret");
        assert_eq!(problem(&[("JQA_JIRA_TOKEN_FILE", &path), ("JQA_JIRA_TOKEN", "")]).unwrap(), "s3cret");
        assert_eq!(problem(&[("JQA_JIRA_TOKEN", "x"), ("JQA_JIRA_TOKEN_FILE", "")]).unwrap(), "x");
    }

    #[test]
    fn every_secret_can_come_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret\n").unwrap();
        let path = file.path().display().to_string();
        let secrets: Vec<_> = SETTINGS.iter().filter(|setting| setting.secret).collect();
        assert!(secrets.len() > 4);
        for setting in secrets {
            let source = Source::new([(format!("{}_FILE", setting.name), path.clone())], None).unwrap();
            assert_eq!(source.text(setting.name), "s3cret", "{}", setting.name);
        }
    }

    #[test]
    fn a_secret_can_come_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret\n").unwrap();
        let path = file.path().display().to_string();
        let source = Source::new([("JQA_JIRA_TOKEN_FILE".to_owned(), path)], None).unwrap();
        assert_eq!(source.text("JQA_JIRA_TOKEN"), "s3cret");
        assert!(!format!("{source:?}").contains("s3cret"));
    }
}
