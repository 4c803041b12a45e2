//! People: roles, permissions, and the one table that relates them.

use super::normal::is_one_line;

super::words::words! {
    /// What a person is.
    Role {
        /// Runs the installation.
        Admin = "admin",
        /// Reviews and publishes.
        Qa = "qa",
        /// Owns the criteria.
        Po = "po",
        /// Reads and drafts.
        Developer = "developer",
    }
}

super::words::words! {
    /// What a person may do.
    Permission {
        /// Read stories through us; own jobs and results.
        Read = "read",
        /// Read everybody's jobs and results.
        ReadAll = "read_all",
        /// Generate criteria.
        GenerateCriteria = "generate_criteria",
        /// Generate scenarios and full pipelines.
        GenerateScenarios = "generate_scenarios",
        /// Start batches of what one may generate, and steer them.
        RunBatches = "run_batches",
        /// Edit, approve and publish criteria.
        PublishCriteria = "publish_criteria",
        /// Edit, approve and publish scenarios.
        PublishScenarios = "publish_scenarios",
        /// Own API keys and webhooks.
        ManageOwn = "manage_own",
        /// Connections, users, audit log, everybody's usage.
        Administer = "administer",
    }
}

impl Role {
    /// Whether the role holds the permission (DESIGN: "Who may do what").
    #[must_use]
    pub const fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match permission {
            P::Read | P::GenerateCriteria | P::ManageOwn => true,
            P::ReadAll | P::RunBatches | P::PublishCriteria => matches!(self, Self::Admin | Self::Qa | Self::Po),
            P::GenerateScenarios => matches!(self, Self::Admin | Self::Qa | Self::Developer),
            P::PublishScenarios => matches!(self, Self::Admin | Self::Qa),
            P::Administer => matches!(self, Self::Admin),
        }
    }
}
/// Characters of a name.
const LONGEST_NAME: usize = 200;

/// The name of a person as it is kept; or, in words, what it should be.
pub fn person_name(text: &str) -> Result<String, &'static str> {
    let name = text.trim();
    let is_one = (1..=LONGEST_NAME).contains(&name.chars().count()) && is_one_line(name);
    if is_one { Ok(name.to_owned()) } else { Err("should be a name of 1 to 200 characters in one line") }
}
