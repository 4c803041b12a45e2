//! The audit log is only added to, and chained: each entry gets a number and a MAC over itself and the one before.
//!
//! Triggers refuse everything else: an entry is changed once, when it is sealed, and leaves only with a segment that was
//! signed off. Who goes around triggers is found by `jqa audit verify`.
//!
//! * what is to be sealed: `audit_unsealed`; the chain in order, and what is left of removed segments: `audit_sealed`
//! * the log by person, action, thing, request: `audit_user`, `audit_action`, `audit_resource`, `audit_request`, each with
//!   the newest first; refusals alone: `audit_refused`; by time: the primary key (UUIDv7)
//! * the next segment to remove: `audit_segments_kept`; those that were removed: `audit_segments_removed`

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// See the module.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0013_audit_seal"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLES).await?;
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        let connection = manager.get_connection();
        let nil = if is_postgres { "'00000000-0000-0000-0000-000000000000'" } else { "zeroblob(16)" };
        connection.execute_unprepared(&format!("INSERT INTO audit_head (id) VALUES ({nil})")).await?;
        for rule in RULES {
            for statement in rule.statements(is_postgres) {
                connection.execute_unprepared(&statement).await?;
            }
        }
        // SQLite replaces a row without asking the trigger of DELETE.
        if !is_postgres {
            connection.execute_unprepared(NO_REPLACEMENT).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        let connection = manager.get_connection();
        for rule in RULES {
            connection.execute_unprepared(&rule.dropped(is_postgres)).await?;
        }
        if is_postgres {
            for rule in RULES {
                connection.execute_unprepared(&format!("DROP FUNCTION {}()", rule.name)).await?;
            }
        } else {
            connection.execute_unprepared("DROP TRIGGER audit_logs_replace").await?;
        }
        crate::run(manager, UNDO).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const TABLES: &str = "
    ALTER TABLE audit_logs ADD COLUMN result TEXT NOT NULL DEFAULT 'ok';
    ALTER TABLE audit_logs ADD COLUMN api_key_id {uuid};
    ALTER TABLE audit_logs ADD COLUMN sealed BIGINT;
    ALTER TABLE audit_logs ADD COLUMN mac TEXT;
    ALTER TABLE audit_logs ADD COLUMN key_id TEXT;
    DROP INDEX audit_resource;
    CREATE INDEX audit_resource ON audit_logs (resource_type, resource_id, id);
    CREATE INDEX audit_user ON audit_logs (user_id, id);
    CREATE INDEX audit_action ON audit_logs (action, id);
    CREATE INDEX audit_request ON audit_logs (request_id, id);
    CREATE INDEX audit_refused ON audit_logs (id) WHERE result = 'refused';
    CREATE INDEX audit_unsealed ON audit_logs (id) WHERE sealed IS NULL;
    CREATE UNIQUE INDEX audit_sealed ON audit_logs (sealed);

    CREATE TABLE audit_head (
        id {uuid} NOT NULL PRIMARY KEY,
        seq BIGINT NOT NULL DEFAULT 0,
        mac TEXT NOT NULL DEFAULT '',
        open_from BIGINT NOT NULL DEFAULT 1,
        open_since BIGINT NOT NULL DEFAULT 0,
        open_mac TEXT NOT NULL DEFAULT '',
        at BIGINT NOT NULL DEFAULT 0,
        key_id TEXT NOT NULL DEFAULT '',
        signature TEXT NOT NULL DEFAULT '',
        owner TEXT NOT NULL DEFAULT '',
        lease_until BIGINT NOT NULL DEFAULT 0
    );

    CREATE TABLE audit_segments (
        id {uuid} NOT NULL PRIMARY KEY,
        first_seq BIGINT NOT NULL UNIQUE,
        last_seq BIGINT NOT NULL,
        first_mac TEXT NOT NULL,
        last_mac TEXT NOT NULL,
        closed_at BIGINT NOT NULL,
        key_id TEXT NOT NULL,
        signature TEXT NOT NULL,
        removed_at BIGINT,
        removed_key_id TEXT,
        removed_signature TEXT
    );
    CREATE INDEX audit_segments_kept ON audit_segments (first_seq) WHERE removed_at IS NULL;
    CREATE INDEX audit_segments_removed ON audit_segments (last_seq) WHERE removed_at IS NOT NULL;
";

const UNDO: &str = "
    DROP TABLE audit_segments;
    DROP TABLE audit_head;
    DROP INDEX audit_sealed;
    DROP INDEX audit_unsealed;
    DROP INDEX audit_refused;
    DROP INDEX audit_request;
    DROP INDEX audit_action;
    DROP INDEX audit_user;
    DROP INDEX audit_resource;
    CREATE INDEX audit_resource ON audit_logs (resource_type, resource_id);
    ALTER TABLE audit_logs DROP COLUMN key_id;
    ALTER TABLE audit_logs DROP COLUMN mac;
    ALTER TABLE audit_logs DROP COLUMN sealed;
    ALTER TABLE audit_logs DROP COLUMN api_key_id;
    ALTER TABLE audit_logs DROP COLUMN result
";

/// What a table does not let anybody do, whoever they are.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) table: &'static str,
    pub(crate) verb: &'static str,
    /// When it is let through all the same.
    pub(crate) unless: &'static str,
}

/// `audit_logs_update` and `audit_logs_delete` are stricter since m0019.
pub(crate) const RULES: [Rule; 7] = [
    Rule {
        name: "audit_logs_insert",
        table: "audit_logs",
        verb: "INSERT",
        unless: "NEW.sealed IS NULL AND NEW.mac IS NULL AND NEW.key_id IS NULL",
    },
    Rule {
        name: "audit_logs_update",
        table: "audit_logs",
        verb: "UPDATE",
        unless: "OLD.sealed IS NULL AND NEW.sealed IS NOT NULL AND NEW.id = OLD.id AND NEW.at = OLD.at \
                 AND NEW.user_id IS NOT DISTINCT FROM OLD.user_id AND NEW.api_key_id IS NOT DISTINCT FROM OLD.api_key_id \
                 AND NEW.action = OLD.action AND NEW.resource_type = OLD.resource_type AND NEW.resource_id = OLD.resource_id \
                 AND NEW.details = OLD.details AND NEW.result = OLD.result AND NEW.ip IS NOT DISTINCT FROM OLD.ip \
                 AND NEW.user_agent IS NOT DISTINCT FROM OLD.user_agent AND NEW.request_id IS NOT DISTINCT FROM OLD.request_id",
    },
    Rule {
        name: "audit_logs_delete",
        table: "audit_logs",
        verb: "DELETE",
        unless: "OLD.sealed IS NOT NULL AND EXISTS (SELECT 1 FROM audit_segments s WHERE s.removed_at IS NOT NULL \
                 AND s.last_seq >= OLD.sealed)",
    },
    Rule { name: "audit_head_update", table: "audit_head", verb: "UPDATE", unless: "NEW.id = OLD.id AND NEW.seq >= OLD.seq" },
    Rule { name: "audit_head_delete", table: "audit_head", verb: "DELETE", unless: "FALSE" },
    Rule {
        name: "audit_segments_update",
        table: "audit_segments",
        verb: "UPDATE",
        unless: "OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL AND NEW.id = OLD.id AND NEW.first_seq = OLD.first_seq \
                 AND NEW.last_seq = OLD.last_seq AND NEW.first_mac = OLD.first_mac AND NEW.last_mac = OLD.last_mac \
                 AND NEW.closed_at = OLD.closed_at AND NEW.key_id = OLD.key_id AND NEW.signature = OLD.signature",
    },
    Rule { name: "audit_segments_delete", table: "audit_segments", verb: "DELETE", unless: "FALSE" },
];

const NO_REPLACEMENT: &str = "CREATE TRIGGER audit_logs_replace BEFORE INSERT ON audit_logs \
    WHEN EXISTS (SELECT 1 FROM audit_logs a WHERE a.id = NEW.id) \
    BEGIN SELECT RAISE(ABORT, 'audit_logs is only added to'); END";

impl Rule {
    /// Makes it.
    pub(crate) fn statements(&self, is_postgres: bool) -> Vec<String> {
        let Self { name, table, verb, unless } = self;
        if !is_postgres {
            return vec![format!(
                "CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN NOT ({unless}) \
                 BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END"
            )];
        }
        let row = if *verb == "DELETE" { "OLD" } else { "NEW" };
        let mut statements = vec![
            format!(
                "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 IF TG_OP = 'TRUNCATE' THEN RAISE EXCEPTION '{table} is only added to'; END IF; \
                 IF NOT ({unless}) THEN RAISE EXCEPTION '{table} is only added to'; END IF; RETURN {row}; END $$"
            ),
            format!("CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"),
        ];
        if *verb == "UPDATE" {
            statements.push(format!(
                "CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
            ));
        }
        statements
    }

    /// Undoes it, but for the function of PostgreSQL.
    pub(crate) fn dropped(&self, is_postgres: bool) -> String {
        let Self { name, table, verb, .. } = self;
        match (is_postgres, *verb) {
            (true, "UPDATE") => format!("DROP TRIGGER {name} ON {table}; DROP TRIGGER {table}_truncate ON {table}"),
            (true, _) => format!("DROP TRIGGER {name} ON {table}"),
            (false, _) => format!("DROP TRIGGER {name}"),
        }
    }
}
