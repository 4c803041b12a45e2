//! Failed logins: each further one waits longer, on every node. Without the database nobody comes in.
//!
//! Three counters: an account from an address, an address, an account from everywhere. Where an account came in from
//! lately, only the first counts: a stranger, even one behind the same address, can make its owner wait nowhere but at a
//! strange place.

use std::net::IpAddr;
use std::time::Duration;

use super::Accounts;
use crate::domain::email::Email;
use crate::domain::rate::block;
use crate::domain::story::sha256_hex;
use crate::store::{Sql, StoreError};

/// Failures of an account from one address that cost nothing.
const FREE: i64 = 5;
/// The same for an address, behind which there may be a whole office.
const FREE_BY_ADDRESS: i64 = 50;
/// The same for an account from all addresses that are strange to it.
const FREE_BY_ACCOUNT: i64 = 20;

/// The longest wait of an account from one address, and of an address, in milliseconds.
const LONGEST: i64 = 15 * 60 * 1000;
/// The longest wait of an account from strange addresses: its owner on the road must come through.
const LONGEST_BY_ACCOUNT: i64 = 60 * 1000;

/// After so many failures beyond the free ones the wait is the longest: 2^10 s are more than 15 minutes, 2^6 s than one.
const LAST: i64 = 10;
const LAST_BY_ACCOUNT: i64 = 6;

/// Failures of an account are forgotten a day after the last.
const FORGET: i64 = 24 * 3600 * 1000;
/// Those of an address sooner: many share it.
const FORGET_ADDRESS: i64 = 60 * 60 * 1000;
/// An address that an account came in from is remembered so long.
const KNOWN: i64 = 90 * 24 * 3600 * 1000;

/// The rows of one login; hashes, since failed logins name people who may not exist.
struct Names {
    here: String,
    address: String,
    account: String,
    known: String,
}

impl Names {
    fn of(email: &str, ip: Option<&str>) -> Self {
        // The same for every spelling that finds the account, and for whatever is no address.
        let email = Email::parse(email).map_or_else(|_| email.trim().to_lowercase(), String::from);
        let ip = ip.map(|ip| ip.parse::<IpAddr>().map_or_else(|_| ip.to_owned(), |ip| block(ip).to_string())).unwrap_or_default();
        let name = |kind: &str, of: &str| format!("{kind}:{}", sha256_hex(of.as_bytes()));
        let both = format!("{email}\n{ip}");
        Self {
            here: name("here", &both),
            address: name("address", &ip),
            account: name("account", &email),
            known: name("known", &both),
        }
    }
}

#[derive(sea_orm::FromQueryResult)]
struct Counted {
    name: String,
}

#[derive(sea_orm::FromQueryResult)]
struct Wait {
    wait: Option<i64>,
}

impl Accounts {
    /// Begins a login, which counts as failed until it [came in](Self::login_came_in): guesses sent at once do not pass each
    /// other. `Some` = wait so long first; such a try does not count.
    pub async fn begin_login(&self, email: &str, ip: Option<&str>) -> Result<Option<Duration>, StoreError> {
        let names = Names::of(email, ip);
        // A counter starts below zero by what is free. Rows are locked in one order, whoever asks.
        let sql = Sql::new(
            "WITH asked (name, failures, forget) AS (VALUES (?, ?, ?), (?, ?, ?), (?, ?, ?)), \
             counted AS (SELECT name, failures, forget FROM asked WHERE NOT (name IN (?, ?) \
             AND EXISTS (SELECT 1 FROM login_failures AS k WHERE k.name = ? AND k.forget_at > {now}))) \
             INSERT INTO login_failures AS f (name, failures, wait_until, forget_at) \
             SELECT name, failures, {now}, {now} + forget FROM counted WHERE NOT EXISTS \
             (SELECT 1 FROM counted AS c JOIN login_failures AS w ON w.name = c.name WHERE w.wait_until > {now}) ORDER BY name \
             ON CONFLICT (name) DO UPDATE SET \
             failures = CASE WHEN f.forget_at <= {now} THEN excluded.failures ELSE f.failures + 1 END, \
             wait_until = {now} + CASE WHEN f.forget_at <= {now} OR f.failures < 0 THEN 0 \
             WHEN excluded.name = ? AND f.failures + 1 >= ? THEN ? WHEN f.failures + 1 >= ? THEN ? \
             ELSE 1000 * (1 << (f.failures + 1)) END, \
             forget_at = excluded.forget_at WHERE f.wait_until <= {now} RETURNING name",
        );
        let asked = [
            (&names.here, FREE, FORGET),
            (&names.address, FREE_BY_ADDRESS, FORGET_ADDRESS),
            (&names.account, FREE_BY_ACCOUNT, FORGET),
        ];
        let sql = asked.into_iter().fold(sql, |sql, (name, free, forget)| sql.bind(name.clone()).bind(1 - free).bind(forget));
        let sql = sql.bind(names.address.clone()).bind(names.account.clone()).bind(names.known.clone());
        let sql = sql.bind(names.account.clone()).bind(LAST_BY_ACCOUNT).bind(LONGEST_BY_ACCOUNT).bind(LAST).bind(LONGEST);
        let counted: Vec<Counted> = self.db.write_all(sql).await?;
        let has = |name: &String| counted.iter().any(|row| row.name == *name);
        // Tries at once that met here: whoever was not counted everywhere waits for those who were.
        if has(&names.here) && (has(&names.address) && has(&names.account) || self.is_known(&names).await?) {
            return Ok(None);
        }
        self.wait(&names).await.map(Some)
    }

    /// Forgets the failures of an account at this address, that this login counted elsewhere, and remembers the address.
    pub async fn login_came_in(&self, email: &str, ip: Option<&str>) -> Result<(), StoreError> {
        let names = Names::of(email, ip);
        let back = "UPDATE login_failures SET failures = failures - 1 WHERE name = ?";
        self.db.execute(Sql::new("DELETE FROM login_failures WHERE name = ?").bind(names.here.clone())).await?;
        if !self.is_known(&names).await? {
            self.db.execute(Sql::new(back).bind(names.address.clone())).await?;
            self.db.execute(Sql::new(back).bind(names.account.clone())).await?;
        }
        let known = Sql::new(
            "INSERT INTO login_failures (name, failures, wait_until, forget_at) VALUES (?, 0, 0, {now} + ?) \
             ON CONFLICT (name) DO UPDATE SET forget_at = excluded.forget_at",
        );
        self.db.execute(known.bind(names.known).bind(KNOWN)).await?;
        Ok(())
    }

    async fn is_known(&self, names: &Names) -> Result<bool, StoreError> {
        let sql = Sql::new("SELECT name FROM login_failures WHERE name = ? AND forget_at > {now}").bind(names.known.clone());
        Ok(self.db.read_one::<Counted>(sql).await?.is_some())
    }

    /// The longest wait there is now; at least a moment, since somebody was just refused.
    async fn wait(&self, names: &Names) -> Result<Duration, StoreError> {
        let sql = Sql::new(
            "SELECT MAX(wait_until) - {now} AS wait FROM login_failures WHERE name = ? OR (name IN (?, ?) AND NOT EXISTS \
             (SELECT 1 FROM login_failures AS k WHERE k.name = ? AND k.forget_at > {now}))",
        );
        let sql = sql.bind(names.here.clone()).bind(names.address.clone()).bind(names.account.clone()).bind(names.known.clone());
        let wait = self.db.read_one::<Wait>(sql).await?.and_then(|row| row.wait).unwrap_or(0);
        Ok(Duration::from_millis(u64::try_from(wait).unwrap_or(0)).max(Duration::from_secs(1)))
    }
}
