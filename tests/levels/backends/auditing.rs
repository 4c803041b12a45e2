//! The audit log: only added to, chained, and whoever goes around that is named.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectionTrait, Database};
use serde_json::json;
use shared::auditing::{Anchor, Chain, Finding, Report, SealError, Sealed};
use shared::crypto::{KeyRing, SecretKey};
use shared::domain::audit::Tampering;
use shared::domain::user::Role;
use shared::ports::Clock;
use shared::store::user::{self, NewUser};
use shared::store::{Db, Sql, audit, audit_chain};
use tests::{Backend, Fixture, contract};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn key(letter: char) -> SecretKey {
    SecretKey::from_bytes(letter.to_string().repeat(40).as_bytes()).expect("a key")
}

fn chain(db: &Db) -> Chain {
    Chain::new(db.clone(), &key('a').into())
}

/// Entries about things that are called by their number, from 1.
async fn written(f: &Fixture, entries: usize) {
    for n in 1..=entries {
        write(f, &n.to_string()).await;
    }
}

async fn write(f: &Fixture, thing: &str) {
    let actor = shared::store::audit::Actor { ip: Some("10.0.0.1".into()), user_agent: Some("a browser".into()), ..f.person() };
    let entry = audit::entry(f.clock.new_id(), &actor, "job.submit", "job", thing, &json!({ "n": thing }));
    f.db.execute(entry).await.expect("an entry");
}

async fn sealed(chain: &Chain) {
    loop {
        match chain.seal().await.expect("a round") {
            Sealed::Nothing => return,
            Sealed::Elsewhere => panic!("nobody else seals here"),
            Sealed::Entries(_) | Sealed::Segment => {}
        }
    }
}

async fn verified(chain: &Chain, expected: Option<&Anchor>) -> Report {
    chain.verify(expected, |_, _| {}).await.expect("an answer")
}

async fn finding(chain: &Chain) -> Finding {
    verified(chain, None).await.finding.expect("a finding")
}

/// An account.
async fn somebody(f: &Fixture) {
    let user = NewUser {
        id: f.clock.new_id(),
        email: "ada@example.com".into(),
        name: "Ada".into(),
        role: Role::Qa,
        password_hash: String::new(),
    };
    user::insert(&f.db, user, 0).await.expect("an account");
}

/// What a person types who has the whole database in their hands.
async fn typed(f: &Fixture, sql: &str) -> Result<(), sea_orm::DbErr> {
    let db = Database::connect(&f.url).await.expect("a connection");
    let done = db.execute_unprepared(sql).await.map(drop);
    db.close().await.expect("a connection that closes");
    done
}

/// The same by one who has switched the triggers off.
async fn forced(f: &Fixture, sql: &str) {
    let sql = match f.backend {
        Backend::Postgres => format!("SET session_replication_role = replica; {sql}"),
        Backend::Sqlite => {
            let triggers = [
                "audit_logs_insert",
                "audit_logs_update",
                "audit_logs_delete",
                "audit_head_update",
                "audit_head_delete",
                "audit_segments_update",
                "audit_segments_delete",
                "audit_logs_replace",
                "audit_logs_replace_row",
                "audit_logs_types",
                "audit_logs_seal_types",
                "audit_head_insert",
                "audit_segments_insert",
            ];
            let drops: String = triggers.iter().map(|name| format!("DROP TRIGGER IF EXISTS {name}; ")).collect();
            drops + sql
        }
    };
    typed(f, &sql).await.expect("nothing stops them");
}

async fn count(f: &Fixture, sql: &'static str) -> i64 {
    f.count(Sql::new(sql)).await
}

contract! {
    async fn what_was_written_is_sealed_once_and_verified(f: Arc<Fixture>) {
        let chain = chain(&f.db);
        assert_eq!(verified(&chain, None).await.finding, None, "an empty log is a good one");
        written(&f, 1203).await;
        assert_eq!(chain.seal().await.expect("a round"), Sealed::Entries(500), "a batch has a bound");
        assert_eq!(audit_chain::backlog(&f.db).await.expect("an answer").entries, 703);
        sealed(&chain).await;
        let report = verified(&chain, None).await;
        assert_eq!((report.finding, report.entries, report.unsealed), (None, 1203, 0));
        assert_eq!(report.head.expect("a head").seq, 1203);
        write(&f, "later").await;
        assert_eq!(verified(&chain, None).await.unsealed, 1);
    }

    async fn a_smaller_id_that_commits_later_is_sealed_later_and_never_lost(f: Arc<Fixture>) {
        let (chain, early) = (chain(&f.db), f.clock.new_id());
        written(&f, 3).await;
        sealed(&chain).await;
        let late = audit::entry(early, &f.person(), "job.submit", "job", "late", &json!({}));
        f.db.execute(late).await.expect("an entry");
        sealed(&chain).await;
        assert_eq!(count(&f, "SELECT sealed AS n FROM audit_logs WHERE resource_id = 'late'").await, 4);
        assert_eq!(verified(&chain, None).await.finding, None);
    }

    async fn two_sealers_at_once_seal_each_entry_once(f: Arc<Fixture>) {
        written(&f, 900).await;
        let sealers: Vec<_> = [f.another_process().await, f.another_process().await, f.another_process().await]
            .into_iter()
            .map(|db| {
                let f = f.clone();
                tokio::spawn(async move {
                    let chain = chain(&db);
                    for round in 0..30 {
                        chain.seal().await.expect("a round");
                        // Nobody keeps the lease to the end.
                        f.seconds_later(if round % 3 == 0 { 6 } else { 0 });
                    }
                })
            })
            .collect();
        for sealer in sealers {
            sealer.await.expect("a task");
        }
        let report = verified(&chain(&f.db), None).await;
        assert_eq!((report.finding, report.entries, report.unsealed), (None, 900, 0));
    }

    async fn a_sealer_that_died_leaves_its_work_to_the_next(f: Arc<Fixture>) {
        written(&f, 600).await;
        let (first, second) = (chain(&f.db), chain(&f.db));
        assert_eq!(first.seal().await.expect("a round"), Sealed::Entries(500));
        assert_eq!(second.seal().await.expect("a round"), Sealed::Elsewhere, "the first may still be at it");
        f.seconds_later(6);
        assert_eq!(second.seal().await.expect("a round"), Sealed::Entries(100));
        assert_eq!(verified(&second, None).await.finding, None);
    }

    async fn plain_sql_changes_and_removes_nothing(f: Arc<Fixture>) {
        let chain = chain(&f.db);
        written(&f, 2).await;
        sealed(&chain).await;
        write(&f, "unsealed").await;
        let mut refused = vec![
            "UPDATE audit_logs SET action = 'x'",
            "UPDATE audit_logs SET sealed = NULL, mac = NULL, key_id = NULL WHERE sealed = 1",
            "UPDATE audit_logs SET details = 'x', sealed = 9, mac = 'm', key_id = 'k' WHERE sealed IS NULL",
            "DELETE FROM audit_logs",
            "DELETE FROM audit_logs WHERE sealed IS NULL",
            "DELETE FROM audit_logs WHERE sealed = 1",
            "INSERT INTO audit_logs (id, at, action, resource_type, resource_id, details, result, sealed, mac, key_id) \
             SELECT id, at, action, resource_type, resource_id, details, result, 9, mac, key_id FROM audit_logs WHERE sealed = 1",
            "UPDATE audit_head SET seq = 1",
            "DELETE FROM audit_head",
            // Numbers that come before all others.
            "UPDATE audit_logs SET sealed = -1, mac = 'x', key_id = 'x' WHERE sealed IS NULL",
            "UPDATE audit_logs SET sealed = 0, mac = 'x', key_id = 'x' WHERE sealed IS NULL",
            "UPDATE audit_logs SET sealed = 3 WHERE sealed IS NULL",
            "INSERT INTO audit_segments (id, first_seq, last_seq, first_mac, last_mac, closed_at, key_id, signature, removed_at) \
             SELECT id, -10, -1, '', '', 1, 'x', 'x', 1 FROM audit_head",
            "INSERT INTO audit_segments (id, first_seq, last_seq, first_mac, last_mac, closed_at, key_id, signature) \
             SELECT id, -10, -1, '', '', 1, 'x', 'x' FROM audit_head",
            "INSERT INTO audit_segments (id, first_seq, last_seq, first_mac, last_mac, closed_at, key_id, signature) \
             SELECT id, 1, 9, '', '', 1, 'x', 'x' FROM audit_head",
            "INSERT INTO audit_segments (id, first_seq, last_seq, first_mac, last_mac, closed_at, key_id, signature) \
             SELECT id, 2, 2, '', '', 1, 'x', 'x' FROM audit_head",
            "INSERT INTO audit_segments (id, first_seq, last_seq, first_mac, last_mac, closed_at, key_id, signature, removed_at) \
             SELECT id, 1, 2, '', '', 1, 'x', 'x', 1 FROM audit_head",
            "INSERT INTO audit_head (id) SELECT id FROM audit_logs WHERE sealed = 1",
        ];
        match f.backend {
            Backend::Sqlite => refused.extend([
                "INSERT OR REPLACE INTO audit_logs (id, at, action, resource_type, resource_id, details) \
                 SELECT id, at, 'x', resource_type, resource_id, details FROM audit_logs WHERE sealed = 1",
                "INSERT OR REPLACE INTO audit_logs (rowid, id, at, action, resource_type, resource_id, details) \
                 SELECT rowid, randomblob(16), at, 'x', resource_type, resource_id, details FROM audit_logs WHERE sealed = 1",
                "INSERT OR REPLACE INTO audit_head (id) SELECT id FROM audit_head",
                "UPDATE OR REPLACE audit_logs SET sealed = 2, mac = 'x', key_id = 'x' WHERE sealed IS NULL",
                "UPDATE OR REPLACE audit_logs SET sealed = 3, mac = 'x', key_id = 'x', rowid = 1 WHERE sealed IS NULL",
                "UPDATE audit_logs SET sealed = 'abc', mac = 'x', key_id = 'x' WHERE sealed IS NULL",
                "INSERT INTO audit_logs (id, at, action, resource_type, resource_id, details) \
                 SELECT randomblob(16), at, action, resource_type, resource_id, CAST(details AS BLOB) FROM audit_logs WHERE sealed = 1",
                "INSERT INTO audit_logs (id, at, action, resource_type, resource_id, details) \
                 SELECT randomblob(16), at + 0.5, action, resource_type, resource_id, details FROM audit_logs WHERE sealed = 1",
            ]),
            Backend::Postgres => refused.extend(["TRUNCATE audit_logs", "TRUNCATE audit_segments", "TRUNCATE audit_head"]),
        }
        for sql in refused {
            let error = typed(&f, sql).await.expect_err(sql).to_string();
            assert!(error.contains("only added to"), "{sql}: {error}");
        }
        assert_eq!(count(&f, "SELECT COUNT(*) AS n FROM audit_logs").await, 3);
        assert_eq!(verified(&chain, None).await.finding, None);
    }

    async fn an_edit_of_any_column_is_named(f: Arc<Fixture>) {
        let chain = chain(&f.db);
        written(&f, 5).await;
        sealed(&chain).await;
        let nil = if f.db.is_postgres() { "'00000000-0000-0000-0000-000000000001'" } else { "x'00000000000000000000000000000001'" };
        let edits = [
            ("id", nil), ("at", "1"), ("user_id", "NULL"), ("api_key_id", nil), ("action", "'x'"), ("resource_type", "'x'"),
            ("resource_id", "'x'"), ("details", "'{}'"), ("result", "'refused'"), ("ip", "''"), ("user_agent", "NULL"),
            ("request_id", "'x'"), ("mac", "'x'"),
        ];
        for (column, value) in edits {
            let type_of = if column.ends_with("id") && f.db.is_postgres() && value == nil { "uuid" } else { "" };
            let value = if type_of.is_empty() { value.to_owned() } else { format!("CAST({value} AS uuid)") };
            let copy = "CREATE TABLE kept AS SELECT * FROM audit_logs";
            forced(&f, &format!("{copy}; UPDATE audit_logs SET {column} = {value} WHERE sealed = 3")).await;
            let finding = finding(&chain).await;
            assert_eq!((finding.kind, finding.seq), (Tampering::Changed, Some(3)), "{column}: {finding:?}");
            forced(&f, "DELETE FROM audit_logs; INSERT INTO audit_logs SELECT * FROM kept; DROP TABLE kept").await;
            assert_eq!(verified(&chain, None).await.finding, None, "{column}");
        }
        forced(&f, "UPDATE audit_logs SET key_id = 'ffffffff' WHERE sealed = 2").await;
        let finding = finding(&chain).await;
        assert_eq!((finding.kind, finding.seq), (Tampering::UnknownKey, Some(2)));
    }

    async fn a_removed_a_moved_and_an_added_entry_are_named(f: Arc<Fixture>) {
        let chain = chain(&f.db);
        written(&f, 5).await;
        sealed(&chain).await;
        let copy = "CREATE TABLE kept AS SELECT * FROM audit_logs";
        let back = "DELETE FROM audit_logs; INSERT INTO audit_logs SELECT * FROM kept; DROP TABLE kept";
        let insert = if f.db.is_postgres() { "gen_random_uuid()" } else { "randomblob(16)" };
        let added = |seq: i64, action: &str| format!(
            "INSERT INTO audit_logs (id, at, action, resource_type, resource_id, details, result, sealed, mac, key_id) \
             SELECT {insert}, at, '{action}', resource_type, resource_id, details, result, {seq}, mac, key_id FROM kept WHERE sealed = 3"
        );
        let replaced = format!("DELETE FROM audit_logs WHERE sealed = 3; {}", added(3, "x"));
        for (sql, kind, seq) in [
            ("DELETE FROM audit_logs WHERE sealed = 3", Tampering::Missing, 3),
            ("DELETE FROM audit_logs WHERE sealed = 1", Tampering::Missing, 1),
            ("UPDATE audit_logs SET sealed = -1 WHERE sealed = 3; UPDATE audit_logs SET sealed = 3 WHERE sealed = 2; \
              UPDATE audit_logs SET sealed = 2 WHERE sealed = -1", Tampering::Changed, 2),
            ("DELETE FROM audit_logs WHERE sealed >= 4", Tampering::Cut, 4),
            ("DELETE FROM audit_logs", Tampering::Cut, 1),
            (added(6, "x").as_str(), Tampering::Added, 6),
            (replaced.as_str(), Tampering::Changed, 3),
        ] {
            forced(&f, &format!("{copy}; {sql}")).await;
            let finding = finding(&chain).await;
            assert_eq!((finding.kind, finding.seq), (kind, Some(seq)), "{sql}: {finding:?}");
            forced(&f, back).await;
        }
        assert_eq!(verified(&chain, None).await.finding, None);
    }

    async fn entries_and_segments_before_the_first_number_are_named(f: Arc<Fixture>) {
        let chain = chain(&f.db);
        written(&f, 4).await;
        sealed(&chain).await;
        f.later(DAY);
        sealed(&chain).await;
        let row = if f.db.is_postgres() { "gen_random_uuid()" } else { "randomblob(16)" };
        let segment = |first: i64, last: i64| format!(
            "INSERT INTO audit_segments (id, first_seq, last_seq, first_mac, last_mac, closed_at, key_id, signature, removed_at) \
             VALUES ({row}, {first}, {last}, '', '', 1, 'x', 'x', 1)"
        );
        let entry = |seq: i64| format!(
            "INSERT INTO audit_logs (id, at, action, resource_type, resource_id, details, result, sealed, mac, key_id) \
             SELECT {row}, 1, action, resource_type, resource_id, details, result, {seq}, 'x', 'x' FROM audit_logs WHERE sealed = 1"
        );
        for (sql, kind, seq) in [
            (entry(-2), Tampering::Added, -2),
            (entry(0), Tampering::Added, 0),
            (segment(-10, -1), Tampering::Segment, -10),
        ] {
            forced(&f, &sql).await;
            let finding = finding(&chain).await;
            assert_eq!((finding.kind, finding.seq), (kind, Some(seq)), "{sql}: {finding:?}");
            forced(&f, "DELETE FROM audit_logs WHERE sealed < 1; DELETE FROM audit_segments WHERE first_seq < 1").await;
            assert_eq!(verified(&chain, None).await.finding, None);
        }
        // Where all entries left, for longer than it takes them to leave.
        forced(&f, "CREATE TABLE kept AS SELECT * FROM audit_logs WHERE sealed = 2").await;
        f.later(DAY * 2);
        assert_eq!(chain.remove(DAY).await.expect("an answer"), 4);
        assert_eq!(verified(&chain, None).await.finding, None);
        forced(&f, "INSERT INTO audit_logs SELECT * FROM kept").await;
        f.later(Duration::from_secs(3601));
        let finding = finding(&chain).await;
        assert_eq!((finding.kind, finding.seq), (Tampering::Added, Some(2)), "{finding:?}");
    }

    async fn a_log_that_is_written_anew_from_its_beginning_is_not_signed(f: Arc<Fixture>) {
        let first = chain(&f.db);
        first.begin().await.expect("a signature");
        let beginning = first.anchor().await.expect("an answer").expect("a head");
        assert_eq!(beginning.seq, 0);
        somebody(&f).await;
        written(&f, 3).await;
        sealed(&first).await;
        assert_eq!(verified(&first, None).await.finding, None);
        let kept = first.keep(&first.anchor().await.expect("an answer").expect("a head"));
        let anew = "DELETE FROM audit_segments; UPDATE audit_logs SET details = '{}', sealed = NULL, mac = NULL, key_id = NULL; \
                    UPDATE audit_head SET seq = 0, mac = '', open_from = 1, open_since = 0, open_mac = '', at = 0, key_id = '', \
                    signature = '', owner = '', lease_until = 0";
        forced(&f, anew).await;
        assert_eq!(finding(&first).await.kind, Tampering::Head, "an unsigned head where somebody has an account");
        assert!(matches!(first.seal().await, Err(SealError::Head)));
        let other = chain(&f.db);
        assert!(matches!(other.seal().await, Err(SealError::Head)), "nor does a process that starts now sign it");
        other.begin().await.expect("nothing to do");
        assert!(matches!(other.seal().await, Err(SealError::Head)), "nor its beginning");

        // All of it was good once: only who remembers knows.
        let signed = other.keep(&beginning);
        assert_eq!(other.kept(&signed), Some(beginning));
        forced(&f, "DELETE FROM users").await;
        other.begin().await.expect("a signature, for nobody is there");
        somebody(&f).await;
        assert!(matches!(first.seal().await, Err(SealError::Behind { seq: 0, known: 3 })), "the process that went further");
        other.remember(&other.kept(&kept).expect("what was kept beside the key"));
        assert!(matches!(other.seal().await, Err(SealError::Behind { .. })), "and one that was told");
        assert_eq!(chain(&f.db).seal().await.expect("nobody told this one"), Sealed::Entries(3));
    }

    async fn a_kept_head_is_believed_only_as_it_was_written(f: Arc<Fixture>) {
        let (ours, theirs) = (chain(&f.db), Chain::new(f.db.clone(), &key('b').into()));
        let head: Anchor = "7:mac".parse().expect("a head");
        let text = ours.keep(&head);
        assert_eq!(ours.kept(&format!("{text}\n")), Some(head));
        assert_eq!((theirs.kept(&text), ours.kept(&text.replacen('7', "6", 1)), ours.kept("7:mac"), ours.kept("")), (None, None, None, None));
    }

    async fn a_cell_that_holds_something_else_is_a_finding(f: Arc<Fixture>) {
        let chain = chain(&f.db);
        written(&f, 3).await;
        sealed(&chain).await;
        write(&f, "unsealed").await;
        if f.db.is_postgres() {
            // It keeps nothing but what a column is for.
            assert!(typed(&f, "UPDATE audit_logs SET at = 'abc'").await.is_err());
            return;
        }
        let copy = "CREATE TABLE kept AS SELECT * FROM audit_logs; CREATE TABLE head AS SELECT * FROM audit_head";
        let back = "DELETE FROM audit_logs; INSERT INTO audit_logs SELECT * FROM kept; DROP TABLE kept; DELETE FROM audit_head; \
                    INSERT INTO audit_head SELECT * FROM head; DROP TABLE head";
        for (sql, kind, seq) in [
            ("UPDATE audit_logs SET details = CAST(details AS BLOB) WHERE sealed = 2", Tampering::Changed, Some(2)),
            ("UPDATE audit_logs SET details = CAST(x'ff' AS TEXT) WHERE sealed = 2", Tampering::Changed, Some(2)),
            ("UPDATE audit_logs SET at = at + 0.5 WHERE sealed = 3", Tampering::Changed, Some(3)),
            ("UPDATE audit_logs SET id = 'x' WHERE sealed = 1", Tampering::Changed, Some(1)),
            ("UPDATE audit_logs SET sealed = 'abc' WHERE sealed = 2", Tampering::Added, Some(0)),
            ("UPDATE audit_logs SET sealed = 2.5 WHERE sealed IS NULL", Tampering::Added, Some(2)),
            ("UPDATE audit_logs SET details = x'00' WHERE sealed IS NULL", Tampering::Changed, None),
            ("UPDATE audit_logs SET at = 'abc' WHERE sealed IS NULL", Tampering::Changed, None),
            ("UPDATE audit_head SET seq = 'abc'", Tampering::Head, None),
        ] {
            forced(&f, &format!("{copy}; {sql}")).await;
            let finding = finding(&chain).await;
            assert_eq!((finding.kind, finding.seq), (kind, seq), "{sql}: {finding:?}");
            forced(&f, back).await;
            assert_eq!(verified(&chain, None).await.finding, None, "{sql}");
        }
    }

    async fn a_forged_head_is_named_and_nobody_goes_on_from_it(f: Arc<Fixture>) {
        let chain = chain(&f.db);
        written(&f, 5).await;
        sealed(&chain).await;
        forced(
            &f,
            "DELETE FROM audit_logs WHERE sealed > 3; \
             UPDATE audit_head SET seq = 3, mac = (SELECT mac FROM audit_logs WHERE sealed = 3)",
        )
        .await;
        assert_eq!(finding(&chain).await.kind, Tampering::Head);
        write(&f, "later").await;
        let refused = chain.seal().await.expect_err("a new signature would hide it").to_string();
        assert!(refused.contains("jqa audit verify"), "{refused}");
        forced(&f, "DELETE FROM audit_head").await;
        assert_eq!(finding(&chain).await.kind, Tampering::Head);
        assert!(chain.seal().await.is_err());
    }

    async fn an_older_state_is_proved_by_a_head_that_was_kept_elsewhere(f: Arc<Fixture>) {
        let chain = chain(&f.db);
        written(&f, 3).await;
        sealed(&chain).await;
        let early = chain.anchor().await.expect("an answer").expect("a head");
        forced(&f, "CREATE TABLE kept AS SELECT * FROM audit_head").await;
        written(&f, 2).await;
        sealed(&chain).await;
        let late = chain.anchor().await.expect("an answer").expect("a head");
        for kept in [&early, &late] {
            let report = verified(&chain, Some(&kept.to_string().parse().expect("what was printed"))).await;
            assert_eq!((report.finding, report.expected_met), (None, Some(true)));
        }
        forced(
            &f,
            "DELETE FROM audit_logs WHERE sealed > 3; DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM kept",
        )
        .await;
        assert_eq!(verified(&chain, None).await.finding, None, "all of this was signed once");
        assert_eq!(verified(&chain, Some(&early)).await.finding, None);
        let cut = verified(&chain, Some(&late)).await.finding.expect("a finding");
        assert_eq!((cut.kind, cut.seq), (Tampering::Cut, Some(4)));
    }

    async fn whole_segments_leave_by_age_and_the_rest_is_still_good(f: Arc<Fixture>) {
        let chain = chain(&f.db);
        for day in 0..3 {
            written(&f, 4 + day).await;
            sealed(&chain).await;
            f.later(DAY);
        }
        sealed(&chain).await;
        assert_eq!(count(&f, "SELECT COUNT(*) AS n FROM audit_segments").await, 3);
        assert_eq!(verified(&chain, None).await.finding, None);
        let whole = typed(&f, "DELETE FROM audit_logs WHERE sealed < 5").await;
        assert!(whole.is_err(), "nobody let them go");

        assert_eq!(chain.remove(DAY * 2).await.expect("an answer"), 0, "nothing is old enough");
        f.later(Duration::from_secs(1));
        assert_eq!(chain.remove(DAY * 2).await.expect("an answer"), 4);
        assert_eq!(chain.remove(DAY * 2).await.expect("an answer"), 0);
        let report = verified(&chain, None).await;
        assert_eq!((report.finding, report.removed_segments, report.entries), (None, 1, 11));
        written(&f, 1).await;
        sealed(&chain).await;
        assert_eq!(verified(&chain, None).await.finding, None);

        // What the triggers let through for one who writes no signature.
        typed(&f, "UPDATE audit_segments SET removed_at = 1 WHERE first_seq = 5").await.expect("a row like any other");
        typed(&f, "DELETE FROM audit_logs WHERE sealed <= 9").await.expect("let go");
        let finding = finding(&chain).await;
        assert_eq!((finding.kind, finding.seq), (Tampering::Segment, Some(5)), "{finding:?}");
        assert!(typed(&f, "DELETE FROM audit_segments").await.is_err());
    }

    async fn a_segment_that_was_removed_or_changed_is_named(f: Arc<Fixture>) {
        let chain = chain(&f.db);
        for _ in 0..3 {
            written(&f, 4).await;
            sealed(&chain).await;
            f.later(DAY);
        }
        sealed(&chain).await;
        for (sql, seq) in [
            ("DELETE FROM audit_segments WHERE first_seq = 5", 5),
            ("DELETE FROM audit_segments WHERE first_seq = 9", 9),
            ("DELETE FROM audit_segments WHERE first_seq = 1; DELETE FROM audit_logs WHERE sealed < 5", 1),
            ("UPDATE audit_segments SET closed_at = 0 WHERE first_seq = 5", 5),
        ] {
            forced(&f, &format!(
                "CREATE TABLE logs AS SELECT * FROM audit_logs; CREATE TABLE segments AS SELECT * FROM audit_segments; {sql}"
            )).await;
            let finding = finding(&chain).await;
            assert_eq!((finding.kind, finding.seq), (Tampering::Segment, Some(seq)), "{sql}: {finding:?}");
            forced(
                &f,
                "DELETE FROM audit_logs; INSERT INTO audit_logs SELECT * FROM logs; DELETE FROM audit_segments; \
                 INSERT INTO audit_segments SELECT * FROM segments; DROP TABLE logs; DROP TABLE segments",
            )
            .await;
        }
        assert_eq!(verified(&chain, None).await.finding, None);
    }

    async fn the_chain_goes_on_under_a_new_key(f: Arc<Fixture>) {
        let old = chain(&f.db);
        written(&f, 3).await;
        sealed(&old).await;
        f.later(DAY);
        let rotated = Chain::new(f.db.clone(), &KeyRing::new(key('b'), [key('a')]));
        written(&f, 3).await;
        sealed(&rotated).await;
        assert_eq!(verified(&rotated, None).await.finding, None);
        let forgetful = Chain::new(f.db.clone(), &KeyRing::from(key('b')));
        let finding = finding(&forgetful).await;
        assert_eq!((finding.kind, finding.seq), (Tampering::UnknownKey, Some(1)));
        f.later(DAY * 400);
        sealed(&rotated).await;
        while rotated.remove(DAY * 365).await.expect("an answer") > 0 {}
        f.later(DAY * 400);
        while rotated.remove(DAY * 365).await.expect("an answer") > 0 {}
        let report = verified(&rotated, None).await;
        assert_eq!((report.finding, report.removed_segments, report.entries), (None, 2, 0));
    }
}
