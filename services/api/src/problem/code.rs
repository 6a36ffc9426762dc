//! The codes of problems that are no refusal by the domain.

macro_rules! problem_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $http:literal;)+) => {
        /// Why a request was not answered as it wished, where the domain was not asked or is not the reason; the text is
        /// stable, as that of [`licensing::Code`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemCode {
            $($(#[$doc])* $variant,)+
        }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &'static [ProblemCode] = &[$(ProblemCode::$variant),+];

            /// The code as the wire spells it.
            pub const fn as_str(self) -> &'static str {
                match self { $(ProblemCode::$variant => $text,)+ }
            }

            /// The HTTP status that answers with this code.
            pub const fn http_status(self) -> u16 {
                match self { $(ProblemCode::$variant => $http,)+ }
            }
        }
    };
}

problem_codes! {
    /// Path, query, headers or body can't be read as a request.
    MalformedRequest = "malformed_request", 400;
    /// The list that a cursor belongs to is no longer kept.
    CursorExpired = "cursor_expired", 400;
    /// A part of the contract that this version doesn't have.
    NotSupportedYet = "not_supported_yet", 400;
    /// The caller has not proved who they are.
    Unauthenticated = "unauthenticated", 401;
    /// The caller's roles do not allow this.
    Forbidden = "forbidden", 403;
    /// Nobody ever named this user.
    UnknownUser = "unknown_user", 404;
    /// No add-on has this feature.
    UnknownFeature = "unknown_feature", 404;
    /// There is no webhook of this id.
    UnknownWebhook = "unknown_webhook", 404;
    /// Nothing is at this path.
    NotFound = "not_found", 404;
    /// The path doesn't know the method.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The clock moves by itself.
    ClockNotManual = "clock_not_manual", 409;
    /// The clock would go back.
    ClockBackwards = "clock_backwards", 409;
    /// The first request with the key still runs.
    InProgress = "in_progress", 409;
    /// There are as many webhooks as there may be.
    TooManyWebhooks = "too_many_webhooks", 409;
    /// A rebuild of the read models runs already.
    RebuildRunning = "rebuild_running", 409;
    /// No rebuild of the read models runs.
    NoRebuild = "no_rebuild", 409;
    /// What a change is for is no longer as `If-Match` says.
    VersionChanged = "version_changed", 412;
    /// The body is above [`BODY_BYTES_MAX`](crate::BODY_BYTES_MAX).
    BodyTooLarge = "body_too_large", 413;
    /// The batch has more events than one may have.
    TooManyEvents = "too_many_events", 413;
    /// The body is of a type that is not taken here.
    UnsupportedMediaType = "unsupported_media_type", 415;
    /// A defect of usher.
    InternalError = "internal_error", 500;
    /// The read models have not got to the position that was asked for.
    NotYetVisible = "not_yet_visible", 503;
    /// What was asked for takes longer than anybody should wait for, and is on its way.
    BeingPrepared = "being_prepared", 503;
    /// Too much waits already.
    Overloaded = "overloaded", 503;
    /// Usher is stopping, or its store failed.
    Unavailable = "unavailable", 503;
}

impl std::fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
