//! Connections to a data centre's Jira: what may be said of them, what a trial tells, and who vouches for the server.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use shared::domain::user::Role;
use tests::app::{Setup, Site};
use tests::http_app::{Account, HttpApp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// An installation beside a data centre to which connections may lead.
async fn installation() -> HttpApp {
    HttpApp::of(Setup::default().at(Site::DataCenter).set("JQA_CONNECTIONS_ALLOW", "127.0.0.0/8")).await
}

fn acme(app: &HttpApp) -> Value {
    json!({ "name": "acme", "base_url": format!("{}{}", app.site.url(), app.site.context()), "token": "sandbox" })
}

async fn made(app: &HttpApp, by: &Account, body: Value) -> String {
    let answer = app.post("/jira-configurations").by(by).json(body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    format!("/jira-configurations/{}", answer.json()["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_connection_with_a_personal_access_token_alone_finds_out_what_the_site_is_and_works() {
    let app = installation().await.with_worker();
    let admin = app.account(Role::Admin).await;
    let path = made(&app, &admin, acme(&app)).await;
    let shown = app.get(&path).by(&admin).await.json();
    assert_eq!((&shown["email"], &shown["options"]), (&json!(""), &json!({})));
    let told = app.post(&format!("{path}/test")).by(&admin).await.json();
    assert!(told["ok"] == true && told["detail"].as_str().unwrap().ends_with("in Jira Server 9.12.4"), "{told}");
    let job = app.rested(&admin, "acceptance-criteria", json!({ "issue_key": "SHOP-2", "connection": "acme" })).await;
    assert_eq!(job["status"], "succeeded", "{job}");
    let found = app.get("/jira/search?jql=project%3DSHOP&limit=2&connection=acme").by(&admin).await.json();
    assert!(found["items"].as_array().unwrap().len() == 2 && found["next_cursor"].is_string(), "{found}");
}

#[tokio::test]
async fn a_connection_that_takes_the_site_for_another_kind_is_told_so() {
    let app = installation().await;
    let admin = app.account(Role::Admin).await;
    let mut body = acme(&app);
    body["email"] = "qa".into();
    body["options"] = json!({ "deployment": "data_center", "auth": "basic" });
    let path = made(&app, &admin, body).await;
    assert_eq!(app.post(&format!("{path}/test")).by(&admin).await.json()["ok"], true);
    app.patch(&path).by(&admin).json(json!({ "options": { "deployment": "cloud" } })).await;
    let told = app.post(&format!("{path}/test")).by(&admin).await.json();
    assert_eq!(told["ok"], false, "{told}");
}

#[tokio::test]
async fn what_does_not_fit_together_is_refused_by_the_name_of_its_field() {
    let app = installation().await;
    let admin = app.account(Role::Admin).await;
    let refused = async |base_url: &str, options: Value| {
        let body = json!({ "name": "acme", "base_url": base_url, "token": "t", "options": options });
        app.post("/jira-configurations").by(&admin).json(body).await.fields()
    };
    let own = "http://127.0.0.1:1/jira";
    assert_eq!(refused(own, json!({ "deployment": "moon" })).await, ["options.deployment"]);
    assert_eq!(refused(own, json!({ "auth": "cookie" })).await, ["options.auth"]);
    assert_eq!(refused(own, json!({ "auth": "basic" })).await, ["email"]);
    assert_eq!(refused(own, json!({ "deployment": "cloud" })).await, ["email"]);
    assert_eq!(refused("https://acme.atlassian.net", json!({})).await, ["email"]);
    assert_eq!(refused(own, json!({ "ca_certificate": "no PEM" })).await, ["options.ca_certificate"]);

    let path = made(&app, &admin, acme(&app)).await;
    let change = async |body: Value| app.patch(&path).by(&admin).json(body).await;
    assert_eq!(change(json!({ "options": { "auth": "basic" } })).await.fields(), ["email"]);
    assert_eq!(change(json!({ "options": { "auth": "basic" }, "email": "qa" })).await.status, 200);
    let pem = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap().cert.pem();
    let trusting = json!({ "options": { "ca_certificate": pem } });
    assert_eq!(change(trusting.clone()).await.fields(), ["options.ca_certificate"], "the token would go to whom it vouches for");
    let mut with_token = trusting;
    with_token["token"] = "sandbox".into();
    assert_eq!(change(with_token).await.status, 200);
}

/// A server over TLS that calls itself Jira, and its certificate, for which nobody else vouches.
async fn jira_over_tls() -> (SocketAddr, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Whoever does not trust the certificate goes again.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0_u8; 4_096];
            let _ = stream.read(&mut request).await;
            let body = r#"{"displayName":"Quinn","version":"9.12.4","deploymentType":"DataCenter"}"#;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (address, made.cert.pem())
}

#[tokio::test]
async fn a_server_whose_certificate_is_ones_own_is_trusted_only_with_it() {
    let app = installation().await;
    let admin = app.account(Role::Admin).await;
    let (address, pem) = jira_over_tls().await;
    for (options, works) in [(json!({}), false), (json!({ "ca_certificate": pem }), true)] {
        let name = if works { "trusted" } else { "unknown" };
        let body = json!({ "name": name, "base_url": format!("https://{address}"), "token": "pat", "options": options });
        let path = made(&app, &admin, body).await;
        let told = app.post(&format!("{path}/test")).by(&admin).await.json();
        assert_eq!(told["ok"], works, "{told}");
        assert!(
            told["detail"].as_str().unwrap().contains(if works { "Quinn in Jira Data Center 9.12.4" } else { "certificate" }),
            "{told}"
        );
    }
}
