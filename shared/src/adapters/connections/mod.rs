//! The connections by name, Jira and models: those of the settings, and those that administrators keep in the database; and
//! the budgets and policies that calls keep to.
//!
//! * [`known`]: all of them as they stood at one time
//! * [`build`]: their clients

pub mod build;
mod known;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use build::{Builder, JIRA_IN_FLIGHT, JiraClients};
use known::Rows;
pub use known::{Author, Hooks, JiraConnection, Known, LlmConnection, Model};

use crate::config::{ConfigProblem, JiraSection, LlmSection, Settings};
use crate::crypto::Sealer;
use crate::ports::{Clock, Pacer};
use crate::store::budget::{self, BudgetRow};
use crate::store::policy::{self, PolicyRow};
use crate::store::{Db, StoreError, connection};
use crate::telemetry::Metrics;

/// How long a change may stay unnoticed by other processes.
const MEMORY: Duration = Duration::from_secs(5);

/// See the module.
pub struct Connections {
    builder: Builder,
    given: Given,
    of_settings: Arc<Known>,
    kept: Option<Kept>,
}

/// The connections of the settings as they were given, for those who show them.
#[derive(Debug, Clone)]
pub struct Given {
    /// Jira, when it is given.
    pub jira: Option<Box<JiraSection>>,
    /// Field that holds acceptance criteria there.
    pub criteria_field: Option<String>,
    /// The model.
    pub llm: LlmSection,
}

/// What is kept in the database, and what is known of it here.
struct Kept {
    db: Db,
    sealer: Sealer,
    known: Mutex<Option<(Instant, Arc<Known>)>>,
    /// Held by the one who looks; others wait for what it finds.
    looking: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connections").field("of_settings", &self.of_settings).finish_non_exhaustive()
    }
}

impl Connections {
    /// The connections that the settings describe.
    pub fn of(
        settings: &Settings,
        metrics: &Arc<Metrics>,
        pacer: Arc<dyn Pacer>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigProblem> {
        let builder = Builder::new(settings, metrics, pacer, clock);
        let of_settings = Arc::new(Known::of_settings(settings, &builder)?);
        let (jira, criteria_field, llm) = (settings.jira.clone(), settings.criteria_field.clone(), settings.llm.clone());
        Ok(Self { builder, given: Given { jira, criteria_field, llm }, of_settings, kept: None })
    }

    /// With those of this database.
    #[must_use]
    pub fn and_those_kept_in(mut self, db: Db, sealer: Sealer) -> Self {
        self.kept = Some(Kept { db, sealer, known: Mutex::default(), looking: tokio::sync::Mutex::default() });
        self
    }

    /// The connections of the settings alone.
    #[must_use]
    pub fn of_settings(&self) -> &Arc<Known> {
        &self.of_settings
    }

    /// What the settings say.
    #[must_use]
    pub fn given(&self) -> &Given {
        &self.given
    }

    /// How clients of connections that are kept in the database are built.
    #[must_use]
    pub fn builder(&self) -> &Builder {
        &self.builder
    }

    /// The connections as they are now. The database is asked at most once in five seconds for whether any was changed,
    /// and only what was changed is built anew.
    pub async fn now(&self) -> Result<Arc<Known>, StoreError> {
        let Some(kept) = &self.kept else { return Ok(self.of_settings.clone()) };
        if let Some(known) = kept.remembered() {
            return Ok(known);
        }
        let _only_one = kept.looking.lock().await;
        if let Some(known) = kept.remembered() {
            return Ok(known);
        }
        let now = kept.db.clock().monotonic();
        let known = self.look(kept).await?;
        *kept.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, known.clone()));
        Ok(known)
    }

    /// Whoever changed a connection wants to see it.
    pub fn look_again(&self) {
        if let Some(kept) = &self.kept
            && let Some((since, _)) = &mut *kept.known.lock().unwrap_or_else(PoisonError::into_inner)
        {
            *since = since.checked_sub(MEMORY).unwrap_or(*since);
        }
    }

    async fn look(&self, kept: &Kept) -> Result<Arc<Known>, StoreError> {
        let before = kept.before().unwrap_or_else(|| self.of_settings.clone());
        let defaults = connection::defaults(&kept.db).await?;
        if defaults.revision == before.revision() {
            return Ok(before);
        }
        let rows = Rows {
            defaults,
            jira: connection::all_jira(&kept.db).await?,
            llm: connection::all_llm(&kept.db).await?,
            budgets: budget::all(&kept.db).await?.iter().map(BudgetRow::budget).collect::<Result<_, _>>()?,
            policies: policy::latest(&kept.db).await?.iter().map(PolicyRow::policy).collect::<Result<_, _>>()?,
        };
        Ok(Arc::new(self.of_settings.and(&before, rows, &kept.sealer, &self.builder)))
    }
}

impl Kept {
    fn before(&self) -> Option<Arc<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(_, known)| known.clone())
    }

    fn remembered(&self) -> Option<Arc<Known>> {
        let now = self.db.clock().monotonic();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, known) = known.as_ref()?;
        (now.saturating_duration_since(*since) < MEMORY).then(|| known.clone())
    }
}
