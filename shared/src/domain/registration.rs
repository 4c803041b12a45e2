//! Who may make an account for themselves.

super::words::words! {
    /// See the values.
    Registration {
        /// Nobody.
        Closed = "closed",
        /// Who was invited.
        Invite = "invite",
        /// Who names an e-mail address of certain domains; nobody checks that it is theirs.
        Domain = "domain",
        /// Everybody.
        Open = "open",
    }
}
