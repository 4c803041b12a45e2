//! A prompt as it is kept until it is given away.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CRITERIA_SCHEMA, SCENARIOS_SCHEMA};
use crate::domain::json::to_json;
use crate::ports::Prompt;

#[derive(Serialize, Deserialize)]
struct Stored<'a, S> {
    name: &'a str,
    system: String,
    user: String,
    schema: S,
    without_schema: bool,
    roomier: bool,
}

/// The whole prompt as JSON.
#[must_use]
pub fn stored(prompt: &Prompt) -> String {
    to_json(&Stored {
        name: prompt.name,
        system: prompt.system.clone(),
        user: prompt.user.clone(),
        schema: &*prompt.schema,
        without_schema: prompt.without_schema,
        roomier: prompt.roomier,
    })
}

/// The prompt that was kept.
pub fn restored(json: &str) -> Result<Prompt, serde_json::Error> {
    let Stored { name, system, user, schema, without_schema, roomier } = serde_json::from_str::<Stored<'_, Value>>(json)?;
    let (name, usual) = match name {
        "scenarios" => ("scenarios", &*SCENARIOS_SCHEMA),
        _ => ("criteria", &*CRITERIA_SCHEMA),
    };
    // That of another version of the program is kept as it was.
    let schema = if schema == **usual { Arc::clone(usual) } else { Arc::new(schema) };
    Ok(Prompt { name, system, user, schema, without_schema, roomier })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_prompt_comes_back_as_it_was_with_the_schema_that_all_share() {
        let new = |schema: &Arc<Value>| Prompt::new("scenarios", "Write \"tests\".".into(), "{}".into(), Arc::clone(schema));
        let before = Prompt { without_schema: true, roomier: true, ..new(&SCENARIOS_SCHEMA) };
        let after = restored(&stored(&before)).unwrap();
        assert!(Arc::ptr_eq(&after.schema, &SCENARIOS_SCHEMA));
        assert_eq!((after.name, &after.system, &after.user), ("scenarios", &before.system, &before.user));
        assert!(after.without_schema && after.roomier);
        let older = Arc::new(json!({ "type": "object" }));
        assert_eq!(restored(&stored(&new(&older))).unwrap().schema, older);
    }
}
