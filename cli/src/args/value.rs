//! Values that people type: ids and numbers, refused in words that say what they should be.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use uuid::Uuid;

/// Reads an id.
pub(crate) fn id(text: &str) -> Result<Uuid, String> {
    text.trim()
        .parse()
        .map_err(|_| "an id looks like 01a20381-adbb-771e-9b37-8a6825610c57; `jqa jobs list` shows them".to_owned())
}

/// Reads the id of a batch at a provider.
pub(crate) fn batch_id(text: &str) -> Result<Uuid, String> {
    text.trim()
        .parse()
        .map_err(|_| "an id looks like 01a20381-adbb-771e-9b37-8a6825610c57; `jqa provider-batches list` shows them".to_owned())
}

/// Reads the id of a batch of stories.
pub(crate) fn story_batch_id(text: &str) -> Result<Uuid, String> {
    text.trim()
        .parse()
        .map_err(|_| "an id looks like 01a20381-adbb-771e-9b37-8a6825610c57; `jqa batches list` shows them".to_owned())
}

/// A reader of whole numbers within bounds.
pub(crate) fn whole<T>(bounds: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + PartialOrd + Display + Clone + Send + Sync + 'static,
{
    move |text| {
        let number = text.trim().parse().ok().filter(|number| bounds.contains(number));
        number.ok_or_else(|| format!("it should be a whole number from {} to {}", bounds.start(), bounds.end()))
    }
}
