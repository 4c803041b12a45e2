//! What the OpenAPI document says beside the operations, which stand above their handlers.

use shared::domain::event::Event;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder,
    ServerBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::{FieldError, ProblemView};

const BEARER: &str = "bearer";

/// The head of the document. Every operation needs a token unless it says otherwise.
pub(crate) fn head(public_url: Option<&str>) -> OpenApi {
    let info = InfoBuilder::new()
        .title("Jira QA AI Generator")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Acceptance criteria and test scenarios for Jira stories, checked against the story's own words.\n\n\
             Submissions answer 202 with a job; follow it by `GET /jobs/{id}?wait=30s`, by its event stream, or by a signed webhook. \
             Every refusal is `application/problem+json` with a stable `code`.",
        ))
        .build();
    let mut document =
        OpenApiBuilder::new().info(info).security(Some([SecurityRequirement::new::<_, [&str; 0], &str>(BEARER, [])])).build();
    document.servers = public_url.map(|url| vec![ServerBuilder::new().url(url.trim_end_matches('/')).build()]);
    document
}

/// Adds the security scheme, and to every operation the answer it gives when it refuses.
pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_default();
    components.security_schemes.insert(BEARER.to_owned(), SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)).into());
    components.schemas.insert("FieldError".to_owned(), FieldError::schema());
    components.schemas.insert("Problem".to_owned(), ProblemView::schema());
    components.schemas.insert("Event".to_owned(), Event::schema());
    let mut nested = Vec::new();
    ProblemView::schemas(&mut nested);
    Event::schemas(&mut nested);
    components.schemas.extend(nested);
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.put, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            refuses(operation);
            tells_its_budget(operation);
        }
    }
    document
}

fn refuses(operation: &mut Operation) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new().description("Refused, or failed").content("application/problem+json", content).build();
    operation.responses.responses.insert("default".to_owned(), response.into());
}

/// Absent where the server has no limits.
fn tells_its_budget(operation: &mut Operation) {
    let told = [
        ("RateLimit-Limit", "Requests granted at once, of the budget that has the least left"),
        ("RateLimit-Remaining", "What is left of it"),
        ("RateLimit-Reset", "Seconds until all of it is back"),
    ];
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else { continue };
        for (name, description) in told {
            let whole = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build();
            let header = HeaderBuilder::new().description(Some(description)).schema(Some(whole)).build();
            response.headers.insert(name.to_owned(), header.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    fn document() -> Value {
        serde_json::to_value(crate::routes::document(&crate::ApiSettings::default())).unwrap()
    }

    #[test]
    fn every_operation_says_how_it_refuses_and_only_what_lets_in_is_public() {
        let document = document();
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                assert!(operation["responses"]["default"].is_object(), "{method} {path}");
                let is_public = operation.get("security").is_some();
                let lets_in = ["/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/auth/register"].contains(&path.as_str());
                // Webhooks are signed instead.
                let by_itself = ["/api/v1/auth/oidc/", "/api/v1/hooks/"].iter().any(|place| path.starts_with(place));
                assert_eq!(is_public, lets_in || by_itself, "{method} {path}");
            }
        }
        assert_eq!(document["paths"].as_object().unwrap().len(), 68);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn walk(value: &Value, all: &mut Vec<String>) {
            match value {
                Value::Object(object) => {
                    all.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
                    object.values().for_each(|value| walk(value, all));
                }
                Value::Array(array) => array.iter().for_each(|value| walk(value, all)),
                _ => {}
            }
        }
        let (document, mut references) = (document(), Vec::new());
        walk(&document, &mut references);
        assert!(references.len() > 20);
        for reference in references {
            assert!(document.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
        }
    }
}
