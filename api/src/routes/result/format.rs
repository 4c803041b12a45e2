//! The forms a result can have.

use std::str::FromStr;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use utoipa::ToSchema;

use crate::problem::{Problem, codes};

/// A form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub(in crate::routes) enum Format {
    /// Everything.
    Json,
    /// A `.feature` file.
    Gherkin,
    /// A page.
    Markdown,
    /// A table for spreadsheets and test management.
    Csv,
}

/// In order of preference where a client has none.
const ALL: [Format; 4] = [Format::Json, Format::Gherkin, Format::Markdown, Format::Csv];

impl Format {
    /// What goes into `Content-Type`.
    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Gherkin => "text/x-gherkin; charset=utf-8",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    /// How a file of it is named.
    pub(super) const fn file_ending(self) -> Option<&'static str> {
        match self {
            Self::Json => None,
            Self::Gherkin => Some("feature"),
            Self::Markdown => Some("md"),
            Self::Csv => Some("csv"),
        }
    }

    fn matches(self, range: &str) -> bool {
        let own = self.media_type().split(';').next().unwrap_or_default();
        match range.split_once('/') {
            Some(("*", "*")) => true,
            Some((kind, "*")) => own.split_once('/').is_some_and(|(own, _)| own == kind),
            _ => own == range,
        }
    }

    /// The form that `Accept` likes best.
    pub(super) fn accepted(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(accept) = headers.get(ACCEPT).and_then(|value| value.to_str().ok()) else { return Ok(Self::Json) };
        let ranges: Vec<(String, u16)> = accept.split(',').map(range).collect();
        // The most specific range that matches decides about a form; a form's own name before `text/*` before `*/*`.
        let liking = |format: Self| {
            let matching = ranges.iter().filter(|(range, _)| format.matches(range));
            matching
                .max_by_key(|(range, _)| !range.ends_with("/*") as u8 + !range.starts_with("*/") as u8)
                .map_or(0, |(_, quality)| *quality)
        };
        // The first of several that are liked alike: `max_by_key` would take the last.
        let best = ALL.into_iter().rev().max_by_key(|format| liking(*format));
        best.filter(|format| liking(*format) > 0).ok_or_else(|| {
            Problem::new(
                codes::NOT_ACCEPTABLE,
                "A result is available as application/json, text/x-gherkin, text/markdown and text/csv.",
            )
        })
    }
}

fn range(text: &str) -> (String, u16) {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().unwrap_or_default().to_ascii_lowercase();
    let quality = parts.find_map(|part| part.strip_prefix("q=")).and_then(|quality| quality.parse::<f32>().ok()).unwrap_or(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000")]
    let thousandths = (quality.clamp(0.0, 1.0) * 1000.0) as u16;
    (range, thousandths)
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "gherkin" => Ok(Self::Gherkin),
            "markdown" => Ok(Self::Markdown),
            "csv" => Ok(Self::Csv),
            _ => Err("should be one of json, gherkin, markdown, csv"),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn accepted(accept: &str) -> Option<Format> {
        let headers: HeaderMap = [(ACCEPT, HeaderValue::from_str(accept).unwrap())].into_iter().collect();
        Format::accepted(&headers).ok()
    }

    #[test]
    fn the_form_that_is_liked_best_is_sent() {
        assert_eq!(accepted("*/*"), Some(Format::Json));
        assert_eq!(accepted("text/x-gherkin"), Some(Format::Gherkin));
        assert_eq!(accepted("text/csv;q=0.5, text/markdown; q=0.9"), Some(Format::Markdown));
        assert_eq!(accepted("application/json;q=0, */*;q=0.1"), Some(Format::Gherkin));
        assert_eq!(accepted("text/*, application/json;q=0.5"), Some(Format::Gherkin));
        assert_eq!(accepted("image/png"), None);
        assert_eq!(Format::accepted(&HeaderMap::new()).ok(), Some(Format::Json));
    }
}
