//! Why nobody can be, or was not, let in.

use std::{io, path::PathBuf};

/// What callers are to be known by can't be used.
///
/// None of these says what stands in a file: it might be a secret that somebody put there by mistake.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The file can't be read.
    #[error("{} cannot be read: check that it is there, and who may read it", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file of tokens does not fit.
    #[error("{} does not fit: {problem}", path.display())]
    InvalidTokens {
        /// Which.
        path: PathBuf,
        /// Where and why.
        problem: String,
    },
    /// The keys are not to be had from their URL.
    #[error("the keys cannot be fetched from {url}: check that it answers with a JSON Web Key Set")]
    Unreachable {
        /// Which.
        url: String,
        /// Why.
        #[source]
        source: Box<ureq::Error>,
    },
    /// The keys would come over a wire that anybody may change.
    #[error("{url} is not safe to fetch keys from: use https, or http on a loopback address such as 127.0.0.1")]
    UnsafeUrl {
        /// Which.
        url: String,
    },
    /// The keys are no JSON Web Key Set.
    #[error("{location} is not a JSON Web Key Set: {problem}")]
    InvalidKeys {
        /// Which file or URL.
        location: String,
        /// Where and why.
        problem: String,
    },
    /// There are keys, and none of them is of use.
    #[error("{location} has no key for RS256 (2048 bits or more), ES256 or EdDSA signatures: add one")]
    NoUsableKey {
        /// Which file or URL.
        location: String,
    },
}

/// Why a caller is nobody. Callers are told; none of it tells what the token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unauthenticated {
    /// Without a token.
    #[error("a token is needed: send it as Authorization: Bearer TOKEN")]
    NoToken,
    /// With something else.
    #[error("the header Authorization is not valid: send it once, as Bearer TOKEN")]
    NoBearer,
    /// Nobody gave out this token.
    #[error("the token is not valid: get one for this server")]
    Unknown,
    /// The token can't be read as a JSON Web Token with the claims that are needed.
    #[error("the token is not a JSON Web Token with sub, exp and a list of roles: get one for this server")]
    Malformed,
    /// No key has the token's `kid`.
    #[error("the token is signed by a key that is not known here: get one from this server's issuer")]
    UnknownKey,
    /// The keys are being fetched, and the token's may be among them.
    #[error("the issuer's keys are being fetched: try again in a second")]
    KeysOnTheirWay,
    /// The token's time is over.
    #[error("the token has expired: get a new one")]
    Expired,
    /// The token's time has not come.
    #[error("the token is not valid yet: check the clocks of this server and of its issuer")]
    NotYet,
}
