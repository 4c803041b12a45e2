//! Words of sessions.

super::words::words! {
    /// How somebody came in.
    LoginMethod {
        /// With their password.
        Password = "password",
        /// By single sign-on.
        Oidc = "oidc",
    }
}

super::words::words! {
    /// Why a session is over.
    EndReason {
        /// Its owner left.
        Logout = "logout",
        /// Its owner ended it from another session.
        Ended = "ended",
        /// The password was changed.
        Password = "password",
        /// A refresh token came back that had been used.
        Reused = "reused",
        /// An administrator ended it, or closed the account.
        Administrator = "administrator",
        /// The account was linked to an identity provider, which alone lets them in since.
        Linked = "linked",
    }
}
