//! Requests whose form alone is reason enough to refuse them.

use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};

use crate::problem::{Problem, codes};

/// Bytes of path and query.
const LONGEST_URI: usize = 8 * 1024;

/// What is wrong with the form of a request.
pub(crate) fn refusal(request: &Request) -> Option<Problem> {
    let uri = request.uri().path_and_query().map_or(0, |uri| uri.as_str().len());
    if uri > LONGEST_URI {
        return Some(Problem::new(codes::URI_TOO_LONG, "Path and query are longer than 8 KiB together."));
    }
    let headers = request.headers();
    if headers.get_all(HOST).iter().count() > 1 {
        return Some(Problem::new(codes::BAD_HEADER, "The header Host is there more than once."));
    }
    // Two lengths of one body are how requests are smuggled past proxies.
    if headers.contains_key(CONTENT_LENGTH) && headers.contains_key(TRANSFER_ENCODING) {
        return Some(Problem::new(codes::BAD_HEADER, "Send Content-Length or Transfer-Encoding, not both."));
    }
    None
}
