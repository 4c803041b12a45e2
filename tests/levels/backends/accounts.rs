//! Accounts: what stays true whoever comes at once, and how long failed logins wait.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shared::accounts::user::{Change, NewAccount};
use shared::accounts::{AccountError, Accounts, By};
use shared::domain::budget::{Budget, BudgetPeriod, BudgetScope};
use shared::domain::email::Email;
use shared::domain::policy::Terms;
use shared::domain::user::Role;
use shared::policies::{Policies, PolicyError};
use shared::spending::{BudgetError, Limits, Spending};
use shared::store::audit::Actor;
use shared::store::entity::user::Model;
use shared::store::{Sql, StoreError, user};
use tests::{Fixture, contract};

const HOME: Option<&str> = Some("192.0.2.1");
const SECOND: Duration = Duration::from_secs(1);

async fn made(accounts: &Accounts, email: &str, role: Role) -> Model {
    let new = NewAccount { email: Email::parse(email).expect("an e-mail"), name: "N".into(), role, password_hash: "old".into() };
    accounts.create_user(new, By::Cli).await.expect("an account")
}

fn wanted(email: &Email) -> NewAccount {
    NewAccount { email: email.clone(), name: "N".into(), role: Role::Developer, password_hash: "h".into() }
}

/// Fails so often from an address; answers how often it was let through to the password.
async fn fails(accounts: &Accounts, times: usize, email: &str, ip: Option<&str>) -> usize {
    let mut tried = 0;
    for _ in 0..times {
        tried += usize::from(accounts.begin_login(email, ip).await.expect("an answer").is_none());
    }
    tried
}

contract! {
    async fn an_email_has_one_account(f: Arc<Fixture>) {
        let accounts = Accounts::new(f.db.clone());
        made(&accounts, "ada@example.com", Role::Qa).await;
        let new = NewAccount { email: Email::parse("ADA@example.com").expect("an e-mail"), name: "N".into(), role: Role::Po, password_hash: String::new() };
        assert!(matches!(accounts.create_user(new, By::Cli).await, Err(AccountError::Taken)));
    }

    async fn of_administrators_who_demote_each_other_at_once_one_stays(f: Arc<Fixture>) {
        let accounts = Accounts::new(f.db.clone());
        for round in 0..10 {
            let admins = join_all((0..3).map(|n| {
                let accounts = &accounts;
                async move { made(accounts, &format!("admin-{round}-{n}@example.com"), Role::Admin).await }
            }))
            .await;
            let demoted = admins.iter().enumerate().map(|(n, admin)| {
                let (accounts, id) = (accounts.clone(), admin.id);
                let change = if n == 0 { Change { active: Some(false), ..Change::default() } } else { Change { role: Some(Role::Qa), ..Change::default() } };
                tokio::spawn(async move { accounts.change_user(id, &change, By::Cli).await })
            });
            let outcomes: Vec<_> = join_all(demoted).await.into_iter().map(|task| task.expect("a task")).collect();
            let refused = outcomes.iter().filter(|outcome| matches!(outcome, Err(AccountError::LastAdmin))).count();
            assert_eq!((refused, outcomes.iter().filter(|outcome| outcome.is_ok()).count()), (1, 2), "{outcomes:?}");
            let left = user::list(&f.db, &user::Filter { role: Some(Role::Admin), active: Some(true), email: None }, None, 9).await.expect("a list");
            assert_eq!(left.len(), 1);
            // Out of the way of the next round.
            let next = made(&accounts, &format!("next-{round}@example.com"), Role::Admin).await;
            accounts.change_user(left[0].id, &Change { role: Some(Role::Po), ..Change::default() }, By::Cli).await.expect("another one is there");
            f.db.execute(shared::store::Sql::new("DELETE FROM users WHERE id = ?").bind(next.id)).await.expect("a removal");
        }
    }

    async fn who_is_no_administrator_any_more_changes_nothing(f: Arc<Fixture>) {
        let accounts = Accounts::new(f.db.clone());
        let (gone, other) = (made(&accounts, "gone@example.com", Role::Admin).await, made(&accounts, "other@example.com", Role::Admin).await);
        let actor = Actor { user_id: Some(gone.id), ..Actor::default() };
        let by = By::Person(&actor);
        let email = |text: &str| Email::parse(text).expect("an e-mail");
        let raise = Change { role: Some(Role::Admin), active: Some(true), name: None };
        let demote = Change { role: Some(Role::Qa), ..Change::default() };
        let (policies, spending) = (Policies::new(f.db.clone()), Spending::new(f.db.clone()));
        let budget = Budget {
            scope: BudgetScope::Instance, user_id: None, project: None, period: BudgetPeriod::Day, max_nano_usd: None,
            max_calls: Some(1), allow_unknown_price: false,
        };
        let limits = Limits { max_nano_usd: None, max_calls: Some(2), allow_unknown_price: false };

        // What an administrator may.
        let (invite, _) = accounts.invite(&email("new@example.com"), Role::Qa, SECOND, by).await.expect("an invitation");
        let kept = spending.create(&budget, &actor).await.expect("a budget");
        policies.write("", 0, &Terms::default(), &actor).await.expect("a version");
        accounts.change_user(gone.id, &demote, by).await.expect("oneself, too");

        let of_accounts = [
            accounts.create_user(wanted(&email("new@example.com")), by).await.map(drop),
            accounts.change_user(gone.id, &raise, by).await.map(drop),
            accounts.change_user(other.id, &demote, by).await.map(drop),
            accounts.set_password(other.id, "x", by).await.map(drop),
            accounts.end_all_sessions(other.id, by).await,
            accounts.invite(&email("new@example.com"), Role::Admin, SECOND, by).await.map(drop),
            accounts.uninvite(invite.id, by).await,
        ];
        for refused in of_accounts {
            assert!(matches!(refused, Err(AccountError::Store(StoreError::NotAdministrator))), "{refused:?}");
        }
        let no_policy = policies.write("", 1, &Terms::default(), &actor).await.map(drop);
        assert!(matches!(no_policy, Err(PolicyError::Store(StoreError::NotAdministrator))), "{no_policy:?}");
        let of_budgets = [
            spending.create(&Budget { max_calls: Some(3), period: BudgetPeriod::Month, ..budget }, &actor).await.map(drop),
            spending.change(&kept, limits, &actor).await.map(drop),
            spending.remove(kept.id, &actor).await,
        ];
        for refused in of_budgets {
            assert!(matches!(refused, Err(BudgetError::Store(StoreError::NotAdministrator))), "{refused:?}");
        }
        assert_eq!(accounts.invites(None, 9).await.expect("a list").len(), 1, "the open one stays open");
        let refusals = Sql::new("SELECT COUNT(*) AS n FROM audit_logs WHERE user_id = ?").bind(gone.id);
        assert_eq!(f.count(refusals).await, 4, "what was not done is not told");
    }

    async fn a_newer_hash_does_not_bring_an_older_password_back(f: Arc<Fixture>) {
        let accounts = Accounts::new(f.db.clone());
        let row = made(&accounts, "ada@example.com", Role::Qa).await;
        assert!(accounts.rehash(row.id, "old", "newer").await.expect("an answer"));
        accounts.set_password(row.id, "another", By::Cli).await.expect("a change");
        assert!(!accounts.rehash(row.id, "newer", "newest").await.expect("an answer"));
        let row = user::by_id(&f.db, row.id).await.expect("a look").expect("the account");
        assert_eq!(row.password_hash, "another");
    }

    async fn from_the_sixth_failure_on_each_waits_twice_as_long_up_to_a_quarter_of_an_hour(f: Arc<Fixture>) {
        let accounts = Accounts::new(f.db.clone());
        assert_eq!(fails(&accounts, 6, "ada@example.com", HOME).await, 6);
        for wait in [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(accounts.begin_login("Ada@example.com", HOME).await.expect("an answer"), Some(SECOND * wait));
            f.seconds_later(u64::from(wait));
            assert_eq!(accounts.begin_login("ada@example.com", HOME).await.expect("an answer"), None);
        }
        assert_eq!(accounts.begin_login("grace@example.com", HOME).await.expect("an answer"), None, "somebody else there");
    }

    async fn guesses_sent_at_once_do_not_pass_each_other(f: Arc<Fixture>) {
        let tries = (0..60).map(|_| {
            let accounts = Accounts::new(f.db.clone());
            tokio::spawn(async move { accounts.begin_login("ada@example.com", HOME).await.expect("an answer").is_none() })
        });
        let tried = join_all(tries).await.into_iter().filter(|task| *task.as_ref().expect("a task")).count();
        assert_eq!(tried, 6);
    }

    async fn the_failures_of_one_node_count_on_every_other(f: Arc<Fixture>) {
        let (here, there) = (Accounts::new(f.db.clone()), Accounts::new(f.another_process().await));
        assert_eq!(fails(&here, 6, "ada@example.com", HOME).await, 6);
        assert_eq!(there.begin_login("ada@example.com", HOME).await.expect("an answer"), Some(SECOND * 2));
    }

    async fn who_came_in_is_forgiven(f: Arc<Fixture>) {
        let accounts = Accounts::new(f.db.clone());
        for _ in 0..30 {
            assert_eq!(fails(&accounts, 3, "ada@example.com", HOME).await, 3);
            accounts.login_came_in("ada@example.com", HOME).await.expect("an answer");
            f.seconds_later(3600);
        }
    }

    async fn a_stranger_makes_nobody_wait_where_they_came_in_before_and_briefly_elsewhere(f: Arc<Fixture>) {
        let accounts = Accounts::new(f.db.clone());
        assert_eq!(fails(&accounts, 1, "ada@example.com", HOME).await, 1);
        accounts.login_came_in("ada@example.com", HOME).await.expect("an answer");
        // A net of machines, each of them within its own limit.
        for n in 0..200 {
            fails(&accounts, 1, "ada@example.com", Some(&format!("198.51.100.{n}"))).await;
            f.seconds_later(61);
        }
        assert_eq!(fails(&accounts, 1, "ada@example.com", Some("198.51.100.250")).await, 1);
        let elsewhere = accounts.begin_login("ada@example.com", Some("203.0.113.9")).await.expect("an answer");
        assert_eq!(elsewhere, Some(SECOND * 60));
        assert_eq!(accounts.begin_login("ada@example.com", HOME).await.expect("an answer"), None);
    }

    async fn a_stranger_behind_the_same_address_makes_nobody_wait_who_came_in_from_there(f: Arc<Fixture>) {
        let accounts = Accounts::new(f.db.clone());
        assert_eq!(fails(&accounts, 1, "ada@example.com", HOME).await, 1);
        accounts.login_came_in("ada@example.com", HOME).await.expect("an answer");
        for n in 0..60 {
            fails(&accounts, 1, &format!("nobody-{n}@example.com"), HOME).await;
        }
        assert!(accounts.begin_login("grace@example.com", HOME).await.expect("an answer").is_some(), "a strange account waits");
        assert_eq!(accounts.begin_login("ada@example.com", HOME).await.expect("an answer"), None);
        assert_eq!(fails(&accounts, 100, "ada@example.com", HOME).await, 5, "guesses at one account wait all the same");
    }

    async fn a_try_that_is_refused_counts_nowhere(f: Arc<Fixture>) {
        let accounts = Accounts::new(f.db.clone());
        assert_eq!(fails(&accounts, 100, "ada@example.com", HOME).await, 6);
        assert_eq!(fails(&accounts, 6, "grace@example.com", HOME).await, 6, "the address has failures left");
    }

    async fn a_subscriber_of_ipv6_is_one_address(f: Arc<Fixture>) {
        let accounts = Accounts::new(f.db.clone());
        let mut tried = 0;
        for n in 0..10 {
            tried += fails(&accounts, 1, "ada@example.com", Some(&format!("2001:db8:1:2::{n:x}"))).await;
        }
        assert_eq!(tried, 6);
    }

    async fn of_people_who_use_one_invitation_at_once_one_gets_the_account(f: Arc<Fixture>) {
        let accounts = Accounts::new(f.db.clone());
        let ada = Email::parse("ada@example.com").expect("an e-mail");
        let (_, token) = accounts.invite(&ada, Role::Po, SECOND * 60, By::Cli).await.expect("an invitation");
        let stranger = NewAccount { email: Email::parse("eve@example.com").expect("an e-mail"), ..wanted(&ada) };
        let refused = accounts.register_invited(stranger, &token, &f.person()).await;
        assert!(matches!(refused, Err(AccountError::BadInvite)), "for another e-mail");
        let tries = (0..8).map(|_| {
            let (accounts, token, new, person) = (accounts.clone(), token.clone(), wanted(&ada), f.person());
            tokio::spawn(async move { accounts.register_invited(new, &token, &person).await })
        });
        let made: Vec<_> = join_all(tries).await.into_iter().filter_map(|task| task.expect("a task").ok()).collect();
        assert_eq!(made.iter().map(|row| row.role.as_str()).collect::<Vec<_>>(), ["po"]);
        assert!(accounts.register_invited(wanted(&ada), &token, &f.person()).await.is_err(), "used");
    }

    async fn an_invitation_ends_with_its_time_or_when_it_is_taken_back(f: Arc<Fixture>) {
        let accounts = Accounts::new(f.db.clone());
        let ada = Email::parse("ada@example.com").expect("an e-mail");
        let (old, expired) = accounts.invite(&ada, Role::Po, SECOND * 60, By::Cli).await.expect("an invitation");
        f.seconds_later(60);
        let (row, taken_back) = accounts.invite(&ada, Role::Po, SECOND * 60, By::Cli).await.expect("an invitation");
        assert_eq!(accounts.invites(None, 9).await.expect("a list").iter().map(|row| row.id).collect::<Vec<_>>(), [row.id]);
        accounts.uninvite(row.id, By::Cli).await.expect("an open one");
        assert!(matches!(accounts.uninvite(old.id, By::Cli).await, Err(AccountError::NotFound)));
        for token in [expired, taken_back] {
            assert!(matches!(accounts.register_invited(wanted(&ada), &token, &f.person()).await, Err(AccountError::BadInvite)));
        }
    }

    async fn the_table_of_failures_names_nobody(f: Arc<Fixture>) {
        #[derive(sea_orm::FromQueryResult)]
        struct Row { name: String }
        fails(&Accounts::new(f.db.clone()), 1, "ada@example.com", HOME).await;
        let rows: Vec<Row> = f.db.read_all(shared::store::Sql::new("SELECT name FROM login_failures")).await.expect("rows");
        assert_eq!(rows.len(), 3);
        assert!(rows.iter().all(|row| !row.name.contains("ada") && !row.name.contains("192")));
    }
}
