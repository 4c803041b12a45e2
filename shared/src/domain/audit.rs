//! Words of the audit log.

super::words::words! {
    /// How what somebody tried came out.
    AuditResult {
        /// It was done.
        Ok = "ok",
        /// They may not.
        Refused = "refused",
    }
}

super::words::words! {
    /// What was done to the log.
    Tampering {
        /// An entry, or its link, is not what was sealed there; or it was moved there.
        Changed = "changed",
        /// An entry is gone.
        Missing = "missing",
        /// An entry stands behind the signed head.
        Added = "added",
        /// The end is gone.
        Cut = "cut",
        /// The head is gone, or not as it was signed.
        Head = "head",
        /// A segment is gone, or not as it was signed.
        Segment = "segment",
        /// A link was made with a key that is not in the ring.
        UnknownKey = "unknown_key",
    }
}

super::words::words! {
    /// What an entry says that somebody did.
    Action {
        /// A request was accepted as a job.
        Submit = "job.submit",
        /// The result of a job was edited in review.
        Edit = "job.edit",
        /// A result was approved.
        Approve = "job.approve",
        /// A person cancelled a job, or asked for it.
        Cancel = "job.cancel",
        /// A person started a job again.
        Retry = "job.retry",
        /// A job ended well.
        Succeeded = "job.succeeded",
        /// A job ended in a failure.
        Failed = "job.failed",
        /// A job that was asked to stop has stopped.
        Cancelled = "job.cancelled",
        /// Somebody looked at a job of somebody else.
        ReadJob = "job.read",
        /// Somebody opened the event stream of somebody else's job.
        WatchJob = "job.watch",
        /// Somebody looked at the result of somebody else's job.
        ReadResult = "result.read",
        /// Somebody looked at a result of somebody else in the history.
        ReadHistory = "history.read",
        /// A result is out of date: its story changed. Which parts is told, not what they say.
        Suspect = "result.suspect",
        /// A result is up to date again.
        Cleared = "result.cleared",
        /// Something is about to be written to Jira.
        Write = "jira.write",
        /// A sub-task or test of ours that nobody needs any more is about to be closed.
        Close = "jira.close",
        /// A younger comment of ours is about to be removed.
        RemoveDuplicate = "jira.remove_duplicate",
        /// A continuation comment of ours is about to be removed.
        RemoveSurplus = "jira.remove_surplus",
        /// Somebody looked at a batch of somebody else.
        BatchRead = "batch.read",
        /// A batch was asked for.
        BatchSubmit = "batch.submit",
        /// A batch begins nothing new.
        BatchPause = "batch.pause",
        /// A batch goes on.
        BatchResume = "batch.resume",
        /// A batch was cancelled.
        BatchCancel = "batch.cancel",
        /// The failed jobs of a batch were started again.
        BatchRetry = "batch.retry",
        /// All jobs of a batch are at rest.
        BatchEnd = "batch.end",
        /// Somebody logged in.
        Login = "auth.login",
        /// A login was refused.
        LoginFailed = "auth.login_failed",
        /// Somebody left.
        Logout = "auth.logout",
        /// Somebody ended another session of theirs.
        SessionEnded = "auth.session_ended",
        /// A refresh token came back that had been used; its session was ended.
        RefreshReused = "auth.refresh_reused",
        /// A request was refused because the caller may not; floods are counted in `left_out`.
        Refused = "access.refused",
        /// An account was made.
        CreateUser = "user.create",
        /// Name, role or access of an account was changed.
        UpdateUser = "user.update",
        /// An account was linked to who an identity provider vouches for.
        LinkIdentity = "user.link_identity",
        /// An account was given a password; its sessions ended.
        SetPassword = "user.password",
        /// The sessions of an account were ended.
        EndSessions = "user.end_sessions",
        /// Somebody made an account for themselves.
        Register = "user.register",
        /// Somebody was invited.
        Invite = "invite.create",
        /// An invitation was taken back.
        Uninvite = "invite.delete",
        /// An API key was made.
        CreateApiKey = "api_key.create",
        /// An API key was revoked.
        RevokeApiKey = "api_key.revoke",
        /// A webhook endpoint was made.
        CreateWebhook = "webhook.create",
        /// A webhook endpoint was changed; of its address only the host is told.
        UpdateWebhook = "webhook.update",
        /// A webhook endpoint got another secret.
        RotateWebhook = "webhook.rotate_secret",
        /// A webhook endpoint was removed.
        DeleteWebhook = "webhook.delete",
        /// A webhook endpoint was sent a message that means nothing.
        TestWebhook = "webhook.test",
        /// Messages to a webhook endpoint are sent again.
        Redeliver = "webhook.redeliver",
        /// A webhook endpoint that is gone, or took nothing for days, is told nothing more.
        DisableWebhook = "webhook.disable",
        /// A connection was made.
        CreateConnection = "connection.create",
        /// A connection was changed; which fields is told, not what they hold.
        UpdateConnection = "connection.update",
        /// A connection was removed.
        DeleteConnection = "connection.delete",
        /// A connection was tried.
        TestConnection = "connection.test",
        /// A budget was made.
        CreateBudget = "budget.create",
        /// A budget was given other limits.
        UpdateBudget = "budget.update",
        /// A budget was removed.
        DeleteBudget = "budget.delete",
        /// A policy got a new version; its words are not told.
        WritePolicy = "policy.write",
        /// A person decided about a batch at a provider that was lost.
        DecideProviderBatch = "provider_batch.decide",
        /// Sealed secrets were sealed with the current key.
        RotateKeys = "keys.rotate",
        /// Somebody read or exported the audit log.
        ReadAudit = "audit.read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_every_action_and_no_other() {
        let text = include_str!("../../../docs/security.md");
        let table = text.split("<!-- actions -->").nth(1).expect("the table of actions");
        let told: Vec<_> = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        assert_eq!(told, Action::ALL.iter().map(|action| action.as_str()).collect::<Vec<_>>());
    }
}
