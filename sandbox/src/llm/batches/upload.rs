//! A file in a form, as `multipart/form-data` has it.

use axum::http::{HeaderMap, header};

/// The parts of a form that matter here.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Upload {
    pub(super) purpose: String,
    pub(super) name: String,
    pub(super) content: String,
}

impl Upload {
    /// Reads a form; `None` where it is none.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let boundary = kind.strip_prefix("multipart/form-data; boundary=")?.trim_matches('"');
        let body = std::str::from_utf8(body).ok()?;
        let mut upload = Self::default();
        for part in body.split(&format!("--{boundary}")) {
            let Some((head, content)) = part.split_once("\r\n\r\n") else { continue };
            let content = content.strip_suffix("\r\n").unwrap_or(content);
            match parameter(head, "name")? {
                "purpose" => content.clone_into(&mut upload.purpose),
                "file" => {
                    parameter(head, "filename")?.clone_into(&mut upload.name);
                    content.clone_into(&mut upload.content);
                }
                _ => return None,
            }
        }
        (!upload.name.is_empty() && !upload.purpose.is_empty()).then_some(upload)
    }
}

fn parameter<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = head.split_once(&format!(" {name}=\""))?;
    Some(value.split_once('"')?.0)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_file_is_found_in_a_form_and_nothing_in_what_is_none() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("multipart/form-data; boundary=xx"));
        let form = "--xx\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--xx\r\n\
                    Content-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n{}\n{}\n\r\n--xx--\r\n";
        let upload = Upload { purpose: "batch".to_owned(), name: "a.jsonl".to_owned(), content: "{}\n{}\n".to_owned() };
        assert_eq!(Upload::read(&headers, form.as_bytes()), Some(upload));
        assert_eq!(Upload::read(&headers, b"{}"), None);
        assert_eq!(Upload::read(&HeaderMap::new(), form.as_bytes()), None);
    }
}
