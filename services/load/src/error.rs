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
    /// The brokers don't take a message.
    #[error("the brokers do not take what the company is told with")]
    Brokers(#[from] kafka::KafkaError),
    /// A task panicked.
    #[error("a part of the load ended by itself: this is a defect, report it")]
    Ended(#[source] tokio::task::JoinError),
    /// All that is to be asked is reads, and there is no server to be asked.
    #[error("brokers take no reads: name changes in the mix, or a server too")]
    OnlyReads,
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
