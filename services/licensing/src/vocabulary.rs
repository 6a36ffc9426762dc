//! The fixed words of the domain, each with the one spelling that the wire uses.

use serde::{Deserialize, Serialize};

/// A word of the wire that isn't one of those expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {text:?} is unknown: use one of {expected}")]
pub struct UnknownWord {
    kind: &'static str,
    text: String,
    expected: &'static str,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $kind:literal, { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every word of this kind.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word as the wire spells it.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($word => Ok($name::$variant),)+
                    _ => Err(UnknownWord {
                        kind: $kind,
                        text: text.chars().take(64).collect(),
                        expected: concat!($($word, " "),+).trim_ascii_end(),
                    }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words!(
    /// How the licensee gets GitLab. It never changes (R1).
    Offering, "offering", {
        /// A top-level group on gitlab.com.
        GitlabCom = "gitlab_com",
        /// An instance that the licensee runs.
        SelfManaged = "self_managed",
        /// An instance that is run for the licensee.
        Dedicated = "dedicated",
    }
);
words!(
    /// A member's role, lowest first.
    Role, "role", {
        /// May see that the group is there, no more; not eligible on gitlab.com (R21).
        MinimalAccess = "minimal_access",
        /// Eligible, as every role from here on.
        Guest = "guest",
        /// Plans work.
        Planner = "planner",
        /// Reads and reports.
        Reporter = "reporter",
        /// Writes code.
        Developer = "developer",
        /// Keeps a project.
        Maintainer = "maintainer",
        /// Owns the group.
        Owner = "owner",
    }
);
words!(
    /// What kind of account a member is; only humans are eligible (R21).
    UserType, "type", {
        /// A person.
        Human = "human",
        /// A program of GitLab's.
        Bot = "bot",
        /// A program of the licensee's.
        ServiceAccount = "service_account",
    }
);
words!(
    /// A user's status, set by the directory and the same for every licensee (R29).
    UserStatus, "status", {
        /// May hold seats.
        Active = "active",
        /// Blocked by an administrator.
        Blocked = "blocked",
        /// Banned for abuse.
        Banned = "banned",
        /// Asleep until the user comes back.
        Deactivated = "deactivated",
        /// Gone for good; final.
        Deleted = "deleted",
    }
);
words!(
    /// Who sold a purchase (R12).
    Channel, "channel", {
        /// Self-service.
        Portal = "portal",
        /// A salesperson.
        Sales = "sales",
    }
);
words!(
    /// How a bulk assignment treats users who can't get a seat (R24).
    AssignMode, "mode", {
        /// One who can't stops all.
        AllOrNothing = "all_or_nothing",
        /// Whoever can gets one.
        BestEffort = "best_effort",
    }
);
words!(
    /// Why a seat was taken away.
    RemovalReason, "reason", {
        /// Somebody asked for it (R25).
        Requested = "requested",
        /// More seats than bought (R22).
        Overage = "overage",
        /// The user was blocked (R26).
        Blocked = "blocked",
        /// The user was banned (R26).
        Banned = "banned",
        /// The user was deactivated (R26).
        Deactivated = "deactivated",
        /// The user was deleted (R26).
        Deleted = "deleted",
        /// The user is no member any more (R26).
        MembershipRemoved = "membership_removed",
        /// Role or type no longer eligible (R26).
        RoleIneligible = "role_ineligible",
        /// The grace period ran out (R20).
        GraceEnded = "grace_ended",
        /// Found by the sweep, which should find nothing (R27).
        Swept = "swept",
    }
);
words!(
    /// Why a seat was given.
    AssignmentCause, "cause", {
        /// A person or a bulk command asked for it; sends a confirmation (R33).
        Requested = "requested",
        /// Whoever starts a trial gets its first seat, without a mail (R13).
        TrialStarter = "trial_starter",
        /// A command that took the seat was undone; without a mail (R33).
        Restored = "restored",
    }
);
words!(
    /// What a grace period that ended belonged to.
    GraceOf, "grace", {
        /// The subscription (R2).
        Subscription = "subscription",
        /// A product's pool of seats (R20).
        Product = "product",
    }
);
words!(
    /// Which of a licensee's two ledgers an event speaks of (R16).
    LedgerScope, "ledger", {
        /// What billing recorded; an instance doesn't know it yet.
        Recorded = "recorded",
        /// What the instance knows.
        InEffect = "in_effect",
        /// Both, as always on gitlab.com.
        Both = "both",
    }
);
words!(
    /// What made an instance synchronise.
    SyncTrigger, "trigger", {
        /// The instance itself (R17).
        Instance = "instance",
        /// The timer, after 24 hours (R18).
        Timer = "timer",
    }
);

impl Offering {
    /// Whether what billing records waits for the instance to synchronise (R16).
    pub const fn synchronises(self) -> bool {
        !matches!(self, Offering::GitlabCom)
    }
}

impl UserStatus {
    /// Why a holder with this status loses the seat, `None` for one who keeps it (R26).
    pub const fn removal_reason(self) -> Option<RemovalReason> {
        match self {
            UserStatus::Active => None,
            UserStatus::Blocked => Some(RemovalReason::Blocked),
            UserStatus::Banned => Some(RemovalReason::Banned),
            UserStatus::Deactivated => Some(RemovalReason::Deactivated),
            UserStatus::Deleted => Some(RemovalReason::Deleted),
        }
    }
}

impl LedgerScope {
    /// Whether the recorded ledger is meant.
    pub const fn is_recorded(self) -> bool {
        matches!(self, LedgerScope::Recorded | LedgerScope::Both)
    }

    /// Whether the ledger in effect is meant.
    pub const fn is_in_effect(self) -> bool {
        matches!(self, LedgerScope::InEffect | LedgerScope::Both)
    }
}
