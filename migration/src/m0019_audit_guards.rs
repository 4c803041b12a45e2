//! The audit log is guarded where numbers were trusted: an entry is sealed under a number of its own that comes after all ended
//! segments, leaves only with the segment that it is in, and segments follow each other from 1. Nobody adds a head.
//!
//! SQLite replaces rows without asking the triggers of `DELETE`, and keeps a value of any type in any column: both are refused.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::m0013_audit_seal::{RULES, Rule};

/// See the module.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0019_audit_guards"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_rules(manager, RULES.iter().filter(|rule| STRICTER.iter().any(|other| other.name == rule.name))).await?;
        make_rules(manager, STRICTER.iter().chain(&NEW)).await?;
        if manager.get_database_backend() != DbBackend::Postgres {
            for trigger in ON_SQLITE {
                manager.get_connection().execute_unprepared(trigger).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            for name in ["audit_logs_replace_row", "audit_logs_types", "audit_logs_seal_types"] {
                manager.get_connection().execute_unprepared(&format!("DROP TRIGGER {name}")).await?;
            }
        }
        drop_rules(manager, NEW.iter().chain(&STRICTER)).await?;
        make_rules(manager, RULES.iter().filter(|rule| STRICTER.iter().any(|other| other.name == rule.name))).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

async fn make_rules(manager: &SchemaManager<'_>, rules: impl Iterator<Item = &Rule>) -> Result<(), DbErr> {
    let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
    for statement in rules.flat_map(|rule| rule.statements(is_postgres)) {
        manager.get_connection().execute_unprepared(&statement).await?;
    }
    Ok(())
}

async fn drop_rules(manager: &SchemaManager<'_>, rules: impl Iterator<Item = &Rule>) -> Result<(), DbErr> {
    let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
    for rule in rules {
        manager.get_connection().execute_unprepared(&rule.dropped(is_postgres)).await?;
        if is_postgres {
            manager.get_connection().execute_unprepared(&format!("DROP FUNCTION {}()", rule.name)).await?;
        }
    }
    Ok(())
}

/// What stands in the place of rules of the same name.
const STRICTER: [Rule; 2] = [
    Rule {
        name: "audit_logs_update",
        table: "audit_logs",
        verb: "UPDATE",
        unless: "OLD.sealed IS NULL AND NEW.sealed IS NOT NULL AND NEW.mac IS NOT NULL AND NEW.key_id IS NOT NULL \
                 AND NEW.sealed > (SELECT COALESCE(MAX(s.last_seq), 0) FROM audit_segments s) \
                 AND NOT EXISTS (SELECT 1 FROM audit_logs other WHERE other.sealed = NEW.sealed) \
                 AND NEW.id = OLD.id AND NEW.at = OLD.at \
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
                 AND OLD.sealed BETWEEN s.first_seq AND s.last_seq)",
    },
];

const NEW: [Rule; 2] = [
    Rule { name: "audit_head_insert", table: "audit_head", verb: "INSERT", unless: "FALSE" },
    Rule {
        name: "audit_segments_insert",
        table: "audit_segments",
        verb: "INSERT",
        unless: "NEW.first_seq = (SELECT COALESCE(MAX(s.last_seq), 0) + 1 FROM audit_segments s) AND NEW.last_seq >= NEW.first_seq \
                 AND NEW.last_seq <= (SELECT MAX(h.seq) FROM audit_head h) \
                 AND NEW.removed_at IS NULL AND NEW.removed_key_id IS NULL AND NEW.removed_signature IS NULL",
    },
];

const ON_SQLITE: [&str; 3] = [
    "CREATE TRIGGER audit_logs_replace_row BEFORE INSERT ON audit_logs \
     WHEN EXISTS (SELECT 1 FROM audit_logs a WHERE a.rowid = NEW.rowid) \
     BEGIN SELECT RAISE(ABORT, 'audit_logs is only added to'); END",
    "CREATE TRIGGER audit_logs_types BEFORE INSERT ON audit_logs WHEN typeof(NEW.id) <> 'blob' OR length(NEW.id) <> 16 \
     OR typeof(NEW.at) <> 'integer' OR typeof(NEW.user_id) NOT IN ('blob', 'null') OR typeof(NEW.api_key_id) NOT IN ('blob', 'null') \
     OR typeof(NEW.action) <> 'text' OR typeof(NEW.resource_type) <> 'text' OR typeof(NEW.resource_id) <> 'text' \
     OR typeof(NEW.details) <> 'text' OR typeof(NEW.result) <> 'text' OR typeof(NEW.ip) NOT IN ('text', 'null') \
     OR typeof(NEW.user_agent) NOT IN ('text', 'null') OR typeof(NEW.request_id) NOT IN ('text', 'null') \
     BEGIN SELECT RAISE(ABORT, 'audit_logs is only added to, with values of the types of its columns'); END",
    "CREATE TRIGGER audit_logs_seal_types BEFORE UPDATE ON audit_logs WHEN NEW.rowid <> OLD.rowid \
     OR typeof(NEW.sealed) <> 'integer' OR typeof(NEW.mac) <> 'text' OR typeof(NEW.key_id) <> 'text' \
     BEGIN SELECT RAISE(ABORT, 'audit_logs is only added to'); END",
];
