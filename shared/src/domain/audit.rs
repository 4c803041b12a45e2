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
