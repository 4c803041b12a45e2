//! Accounts, for administrators.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::accounts::By;
use shared::accounts::user::{Change, NewAccount};
use shared::domain::email::Email;
use shared::domain::user::{Role, person_name};
use shared::store::entity::user::Model;
use shared::store::{StoreError, user};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::jobs::cut;
use crate::extract::{Administer, Allowed, Body, Fields, FromFields, FromParams, Id, InPerson, Params, Query};
use crate::problem::{Problem, codes};
use crate::state::Api;
use crate::view::rfc3339;

/// Which accounts.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// Only those of this role.
    #[param(inline)]
    role: Option<Role>,
    /// Only those that may come in, or may not.
    active: Option<bool>,
    /// Only the one of this e-mail.
    #[param(value_type = Option<String>)]
    email: Option<Email>,
    /// Items of a page.
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    limit: u64,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Uuid>,
}

impl FromParams for ListParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        Some(Self {
            role: params.optional("role"),
            active: params.optional("active"),
            email: params.optional("email"),
            limit: params.limit(20),
            cursor: params.cursor(),
        })
    }
}

/// An account to make.
#[derive(ToSchema)]
#[schema(as = NewAccount)]
pub(super) struct NewBody {
    /// In any case.
    #[schema(value_type = String, example = "qa@example.com")]
    email: Email,
    /// How to call them; left out = the e-mail.
    name: Option<String>,
    /// What they are.
    role: Role,
    /// Left out = no password fits; for people who come in another way.
    password: Option<String>,
}

impl FromFields for NewBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (email, name) = (fields.required("email"), name(fields));
        let (role, password) = (fields.required("role"), fields.optional("password"));
        Some(Self { email: email?, name, role: role?, password })
    }
}

/// What becomes of an account; what is left out stays.
#[derive(ToSchema)]
#[schema(as = AccountChange)]
pub(super) struct ChangeBody {
    /// How to call them.
    name: Option<String>,
    /// What they are.
    role: Option<Role>,
    /// `false` = they may not come in; their sessions end.
    active: Option<bool>,
}

impl FromFields for ChangeBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { name: name(fields), role: fields.optional("role"), active: fields.optional("active") })
    }
}

/// A password to set.
#[derive(ToSchema)]
#[schema(as = NewPassword)]
pub(super) struct PasswordBody {
    /// At least 12 characters, and nothing that is guessed soon.
    password: String,
}

impl FromFields for PasswordBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { password: fields.required("password")? })
    }
}

/// The name of a person, if one is given.
pub(super) fn name(fields: &mut Fields) -> Option<String> {
    let name = fields.optional::<String>("name")?;
    kept(fields, &name)
}

/// The name of a person, which must be given.
pub(super) fn required_name(fields: &mut Fields) -> Option<String> {
    let name = fields.required::<String>("name")?;
    kept(fields, &name)
}

fn kept(fields: &mut Fields, name: &str) -> Option<String> {
    person_name(name).map_err(|why| fields.refuse("name", why)).ok()
}

/// An account, as administrators see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(super) struct AccountView {
    id: Uuid,
    email: String,
    name: String,
    role: Role,
    /// Whether they may come in.
    active: bool,
    /// Whether they can log in by a password.
    has_password: bool,
    created_at: String,
    updated_at: String,
}

impl AccountView {
    fn of(row: Model) -> Result<Self, Problem> {
        Ok(Self {
            role: row.role.parse().map_err(|error| StoreError::Bug(format!("user {}: {error}", row.id)))?,
            has_password: !row.password_hash.is_empty(),
            id: row.id,
            email: row.email,
            name: row.name,
            active: row.active,
            created_at: rfc3339(row.created_at),
            updated_at: rfc3339(row.updated_at),
        })
    }
}

/// A page of accounts, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountPage)]
pub(super) struct AccountPage {
    items: Vec<AccountView>,
    /// `null` on the last page.
    next_cursor: Option<Uuid>,
}

/// Accounts, newest first.
#[utoipa::path(get, path = "/users", operation_id = "list_users", tag = "admin", params(ListParams), responses((status = 200, body = AccountPage)))]
pub(super) async fn list(
    State(api): State<Api>,
    _caller: Allowed<Administer>,
    Query(asked): Query<ListParams>,
) -> Result<Json<AccountPage>, Problem> {
    let filter = user::Filter { role: asked.role, active: asked.active, email: asked.email.map(String::from) };
    let mut rows = user::list(api.db(), &filter, asked.cursor, asked.limit + 1).await?;
    let next_cursor = cut(&mut rows, asked.limit, |row| row.id);
    Ok(Json(AccountPage { items: rows.into_iter().map(AccountView::of).collect::<Result<_, _>>()?, next_cursor }))
}

/// Makes an account.
#[utoipa::path(post, path = "/users", operation_id = "create_user", tag = "admin", request_body = NewBody, responses((status = 201, body = AccountView)))]
pub(super) async fn create(
    State(api): State<Api>,
    caller: InPerson<Administer>,
    Body(body): Body<NewBody>,
) -> Result<Response, Problem> {
    let name = body.name.unwrap_or_else(|| body.email.to_string());
    let password_hash = match &body.password {
        Some(password) => api.passwords.hash_new(password, body.email.as_str(), &name).await?,
        None => String::new(),
    };
    let new = NewAccount { email: body.email, name, role: body.role, password_hash };
    let row = api.accounts.create_user(new, By::Person(&caller.actor())).await?;
    let location = format!("/api/v1/users/{}", row.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(AccountView::of(row)?)).into_response())
}

/// An account.
#[utoipa::path(get, path = "/users/{id}", operation_id = "show_user", tag = "admin", params(("id" = Uuid, Path)), responses((status = 200, body = AccountView)))]
pub(super) async fn show(State(api): State<Api>, _caller: Allowed<Administer>, Id(id): Id) -> Result<Json<AccountView>, Problem> {
    AccountView::of(find(&api, id).await?).map(Json)
}

/// Changes an account.
///
/// The last active administrator stays one. Within 5 s every node knows.
#[utoipa::path(patch, path = "/users/{id}", operation_id = "change_user", tag = "admin", params(("id" = Uuid, Path)), request_body = ChangeBody,
    responses((status = 200, body = AccountView)))]
pub(super) async fn change(
    State(api): State<Api>,
    caller: InPerson<Administer>,
    Id(id): Id,
    Body(body): Body<ChangeBody>,
) -> Result<Json<AccountView>, Problem> {
    let change = Change { name: body.name, role: body.role, active: body.active };
    let row = api.accounts.change_user(id, &change, By::Person(&caller.actor())).await?;
    api.forget_those_of(id);
    AccountView::of(row).map(Json)
}

/// Sets somebody's password.
///
/// Ends their sessions; one's own password is changed by `/auth/password`.
#[utoipa::path(post, path = "/users/{id}/password", operation_id = "set_user_password", tag = "admin", params(("id" = Uuid, Path)), request_body = PasswordBody,
    responses((status = 204)))]
pub(super) async fn set_password(
    State(api): State<Api>,
    caller: InPerson<Administer>,
    Id(id): Id,
    Body(body): Body<PasswordBody>,
) -> Result<StatusCode, Problem> {
    if id == caller.id() {
        return Err(Problem::new(codes::CONFLICT, "Your own password is changed by POST /auth/password, with the current one."));
    }
    let row = find(&api, id).await?;
    let password_hash = api.passwords.hash_new(&body.password, &row.email, &row.name).await?;
    api.accounts.set_password(id, &password_hash, By::Person(&caller.actor())).await?;
    api.forget_those_of(id);
    Ok(StatusCode::NO_CONTENT)
}

/// Ends every session of an account.
#[utoipa::path(post, path = "/users/{id}/end-sessions", operation_id = "end_user_sessions", tag = "admin", params(("id" = Uuid, Path)), responses((status = 204)))]
pub(super) async fn end_sessions(
    State(api): State<Api>,
    caller: InPerson<Administer>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    api.accounts.end_all_sessions(id, By::Person(&caller.actor())).await?;
    api.forget_those_of(id);
    Ok(StatusCode::NO_CONTENT)
}

async fn find(api: &Api, id: Uuid) -> Result<Model, Problem> {
    let row = user::by_id(api.db(), id).await?;
    row.ok_or_else(|| Problem::new(codes::USER_NOT_FOUND, "There is no account of this id."))
}
