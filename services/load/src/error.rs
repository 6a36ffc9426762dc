//! Why no load could be put on a server.

/// Why no load could be put on a server. What becomes of single requests of a run is counted instead.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The address can't be read.
    #[error("{url:?} is no address of a server: use one such as http://127.0.0.1:8080")]
    Address {
        /// As it was given.
        url: String,
        /// Why.
        #[source]
        source: http::Error,
    },
    /// Nobody answers.
    #[error("no answer from {url}: check that usher serve runs there")]
    Unreachable {
        /// The server's address.
        url: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The company can't be made.
    #[error("the server answered {status} to {asked}: {said}")]
    Refused {
        /// The status.
        status: u16,
        /// Method and path.
        asked: String,
        /// The beginning of the body.
        said: String,
    },
}
