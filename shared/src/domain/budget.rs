//! What may be spent on model calls, by whom, in a day or a month.

use chrono::{DateTime, Datelike, Days, Months, NaiveTime, Utc};
use uuid::Uuid;

use super::verdict::{Failure, Verdict};

super::words::words! {
    /// Whose calls a budget counts.
    BudgetScope {
        /// Everybody's together.
        Instance = "instance",
        /// Those of one account, or of each account for itself.
        User = "user",
        /// Those for the stories of one Jira project, or of each project for itself.
        Project = "project",
    }
}

super::words::words! {
    /// How long a budget lasts before it begins anew, in UTC.
    BudgetPeriod {
        /// A day.
        Day = "day",
        /// A calendar month.
        Month = "month",
    }
}

impl BudgetPeriod {
    /// When the period that holds `now` began and when the next one begins, in epoch milliseconds.
    #[must_use]
    pub fn around(self, now: DateTime<Utc>) -> (i64, i64) {
        let (first, next) = match self {
            Self::Day => (now.date_naive(), now.date_naive().checked_add_days(Days::new(1))),
            Self::Month => {
                let first = now.date_naive().with_day(1).unwrap_or(now.date_naive());
                (first, first.checked_add_months(Months::new(1)))
            }
        };
        let at = |day: chrono::NaiveDate| day.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        (at(first), next.map_or(i64::MAX, at))
    }
}

/// A budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Whose calls it counts.
    pub scope: BudgetScope,
    /// Of a budget for users: whose; `None` = of each.
    pub user_id: Option<Uuid>,
    /// Of a budget for projects: the key of which; `None` = of each.
    pub project: Option<String>,
    /// How long it lasts.
    pub period: BudgetPeriod,
    /// Nano-dollars (10⁻⁹ USD) that may be spent in the period; `None` = any sum.
    pub max_nano_usd: Option<i64>,
    /// Calls that may be made in the period; `None` = any number.
    pub max_calls: Option<i64>,
    /// Whether calls whose price is not known may be made; they count as free.
    pub allow_unknown_price: bool,
}

impl Budget {
    /// Whether it is for this account or project and no other.
    fn is_of_its_own(&self) -> bool {
        self.user_id.is_some() || self.project.is_some()
    }

    fn counts(&self, user_id: Uuid, project: &str) -> bool {
        match self.scope {
            BudgetScope::Instance => true,
            BudgetScope::User => self.user_id.is_none_or(|id| id == user_id),
            BudgetScope::Project => self.project.as_deref().is_none_or(|key| key == project),
        }
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> String {
        match self.scope {
            BudgetScope::Instance => format!("the {}'s budget of this installation", self.period),
            BudgetScope::User => format!("the {}'s budget of this account", self.period),
            BudgetScope::Project => format!("the {}'s budget of this project", self.period),
        }
    }
}

/// The budgets that a call for a story of `project`, asked for by `user_id`, must be within: at most one of each scope and period.
/// What is made for one account or project stands in the place of what is made for each.
#[must_use]
pub fn applying<'a>(budgets: &'a [Budget], user_id: Uuid, project: &str) -> Vec<&'a Budget> {
    let mut of_each_kind: Vec<&Budget> = Vec::new();
    for budget in budgets.iter().filter(|budget| budget.counts(user_id, project)) {
        match of_each_kind.iter_mut().find(|other| (other.scope, other.period) == (budget.scope, budget.period)) {
            Some(other) if budget.is_of_its_own() => *other = budget,
            Some(_) => {}
            None => of_each_kind.push(budget),
        }
    }
    of_each_kind
}

/// Why a call may not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OverBudget {
    /// What was spent leaves too little for it.
    Exhausted {
        /// Which budget.
        budget: String,
        /// When it begins anew, in epoch milliseconds.
        until: i64,
    },
    /// Calls under way have set aside what is left; they may need less than that.
    SetAside,
    /// Nobody knows what it would cost.
    PriceUnknown {
        /// Which budget.
        budget: String,
        /// Of which model.
        model: String,
    },
}

/// How long a call waits for what others have set aside.
const UNTIL_OTHERS_ENDED: std::time::Duration = std::time::Duration::from_secs(5);

impl From<OverBudget> for Failure {
    fn from(over: OverBudget) -> Self {
        match over {
            OverBudget::Exhausted { budget, until } => {
                let day =
                    DateTime::from_timestamp_millis(until).map_or_else(String::new, |day| format!(" on {}", day.format("%F")));
                let why = format!(
                    "{budget} does not allow another model call; it begins anew{day} (UTC), then the job can be retried, or an \
                     administrator can raise it (GET /budgets)"
                );
                Self::fail("budget.exhausted", why)
            }
            OverBudget::SetAside => Self {
                verdict: Verdict::Snooze(UNTIL_OTHERS_ENDED),
                code: "budget.set_aside",
                message: "calls under way have set aside what is left of a budget; this one waits for what they need".into(),
            },
            OverBudget::PriceUnknown { budget, model } => {
                let why = format!(
                    "nobody knows what {model} costs, so {budget} does not let it be asked: give its price (JQA_LLM_MODELS_FILE), or \
                     allow unknown prices in the budget"
                );
                Self::fail("budget.price_unknown", why)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(scope: BudgetScope, max_calls: i64) -> Budget {
        Budget {
            scope,
            user_id: None,
            project: None,
            period: BudgetPeriod::Day,
            max_nano_usd: None,
            max_calls: Some(max_calls),
            allow_unknown_price: false,
        }
    }

    #[test]
    fn periods_begin_and_end_at_midnight_of_utc() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let days = |period: BudgetPeriod, now: &str| {
            let (from, until) = period.around(at(now));
            [from, until].map(|ms| DateTime::from_timestamp_millis(ms).unwrap().to_rfc3339())
        };
        assert_eq!(days(BudgetPeriod::Day, "2026-12-31T23:59:59Z"), ["2026-12-31T00:00:00+00:00", "2027-01-01T00:00:00+00:00"]);
        assert_eq!(days(BudgetPeriod::Month, "2026-12-31T23:59:59Z"), ["2026-12-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"]);
    }

    #[test]
    fn what_is_for_one_account_stands_in_the_place_of_what_is_for_each() {
        let (ada, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let of_ada = Budget { user_id: Some(ada), ..budget(BudgetScope::User, 100) };
        let of_shop = Budget { project: Some("SHOP".into()), ..budget(BudgetScope::Project, 7) };
        for budgets in [
            [of_ada.clone(), budget(BudgetScope::User, 10), budget(BudgetScope::Instance, 500), of_shop.clone()],
            [of_shop, budget(BudgetScope::Instance, 500), budget(BudgetScope::User, 10), of_ada],
        ] {
            let limits = |user, project: &str| {
                let mut limits: Vec<_> =
                    applying(&budgets, user, project).iter().map(|budget| budget.max_calls.unwrap()).collect();
                limits.sort_unstable();
                limits
            };
            assert_eq!(limits(ada, "SHOP"), [7, 100, 500]);
            assert_eq!(limits(bob, "PAY"), [10, 500]);
        }
    }

    #[test]
    fn a_monthly_and_a_daily_budget_of_the_same_account_both_count() {
        let budgets = [budget(BudgetScope::User, 10), Budget { period: BudgetPeriod::Month, ..budget(BudgetScope::User, 50) }];
        assert_eq!(applying(&budgets, Uuid::nil(), "SHOP").len(), 2);
    }
}
