//! A JSON body.

use axum::body::Bytes;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::Value;

use super::fields::{Fields, FromFields};
use super::shape;
use crate::problem::{Problem, codes};

/// Time a body has to arrive.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// The largest body.
const LARGEST: usize = 1024 * 1024;

/// A body that was read whole.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: FromFields> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            return Err(Problem::new(codes::MEDIA_TYPE, "Send the body as JSON, with 'Content-Type: application/json'."));
        }
        match json_of(&whole(&parts.headers, body, LARGEST).await?)? {
            Value::Object(object) => Fields::read(object).map(Self).map_err(Problem::invalid),
            _ => Err(Problem::new(codes::MALFORMED_JSON, "The body is JSON, but not an object.")),
        }
    }
}

/// A body as it came, if it comes in time and is no larger than this.
pub(super) async fn whole(headers: &HeaderMap, body: axum::body::Body, largest: usize) -> Result<Bytes, Problem> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > largest) {
        return Err(too_large(largest));
    }
    let lost = || Problem::new(codes::BODY_LOST, "The body did not come in time.");
    tokio::time::timeout(PATIENCE, axum::body::to_bytes(body, largest)).await.map_err(|_| lost())?.map_err(|error| {
        let is_too_large =
            std::error::Error::source(&error).is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
        if is_too_large { too_large(largest) } else { Problem::new(codes::BODY_LOST, "The body ended before it was complete.") }
    })
}

/// A body as JSON that is no burden to read.
pub fn json_of(bytes: &[u8]) -> Result<Value, Problem> {
    if let Some(complaint) = shape::complaint(bytes) {
        return Err(Problem::new(codes::TOO_COMPLEX, complaint));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let place = format!("The body is not JSON: line {}, column {}.", error.line(), error.column());
        Problem::new(codes::MALFORMED_JSON, place)
    })
}

/// A body that may be left out: no type and no length.
impl<S: Send + Sync, T: FromFields> OptionalFromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        use axum::body::HttpBody;

        if request.headers().get(CONTENT_TYPE).is_none() && request.body().is_end_stream() {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn too_large(largest: usize) -> Problem {
    Problem::new(codes::TOO_LARGE, format!("The body is larger than {} MiB.", largest / (1024 * 1024)))
}

#[cfg(test)]
mod tests {
    use axum::body::Body as AnyBody;
    use axum::http::Request;

    use super::*;

    #[derive(Debug)]
    struct Anything;

    impl FromFields for Anything {
        fn from_fields(fields: &mut Fields) -> Option<Self> {
            fields.optional::<String>("text");
            Some(Self)
        }
    }

    async fn code(content_type: &str, body: AnyBody) -> &'static str {
        let request = Request::builder().header(CONTENT_TYPE, content_type).body(body).unwrap();
        <Body<Anything> as FromRequest<()>>::from_request(request, &())
            .await
            .map_or_else(|problem| problem.code().code, |_| "fine")
    }

    #[tokio::test]
    async fn bodies_that_are_no_small_json_object_are_told_apart() {
        assert_eq!(code("application/json; charset=utf-8", "{}".into()).await, "fine");
        assert_eq!(code("text/plain", "{}".into()).await, "request.unsupported_media_type");
        assert_eq!(code("application/json", "{".into()).await, "request.malformed_json");
        assert_eq!(code("application/json", "[]".into()).await, "request.malformed_json");
        assert_eq!(code("application/json", r#"{"txt":1}"#.into()).await, "request.invalid");
        let deep = format!("{{\"text\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(code("application/json", deep.into()).await, "request.too_complex");
        let long = format!("{{\"text\":\"{}\"}}", "x".repeat(LARGEST));
        assert_eq!(code("application/json", long.clone().into()).await, "request.too_large");
        let streamed = AnyBody::from_stream(futures::stream::iter([Ok::<_, std::io::Error>(long)]));
        assert_eq!(code("application/json", streamed).await, "request.too_large");
    }
}
