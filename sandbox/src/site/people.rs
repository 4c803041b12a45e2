//! Accounts: derived from names, so that nothing has to be registered.

use serde_json::{Value, json};

/// The stable account id of a person.
pub(crate) fn account_id(name: &str) -> String {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("712020:{hash:016x}")
}

/// A user as embedded in issues and comments.
pub(crate) fn user(name: &str, base: &str) -> Value {
    let id = account_id(name);
    json!({
        "self": format!("{base}/rest/api/3/user?accountId={id}"),
        "accountId": id,
        "displayName": name,
        "active": true,
        "timeZone": "Europe/Berlin",
        "accountType": "atlassian",
    })
}
