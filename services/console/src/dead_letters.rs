//! The way to messages that were refused or could not be read: whoever has a broker gives one.

use licensing::Instant;

/// A message that was refused or could not be read, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// What it is sent again by.
    pub id: String,
    /// Why it was refused.
    pub code: String,
    /// The same for people.
    pub reason: String,
    /// When; `None` if that is not known.
    pub time: Option<Instant>,
    /// The topic it came by.
    pub topic: String,
    /// Its key, where that is text: the licensee or user.
    pub key: Option<String>,
    /// The id under which it was sent again last, if it was.
    pub retried_as: Option<String>,
}

/// Reads dead letters and sends them again.
pub trait DeadLetters: Send + Sync {
    /// The newest of them, so many at most, the newest first. Blocks.
    ///
    /// # Errors
    /// Why they can't be read, for people.
    fn newest(&self, limit: usize) -> Result<Vec<DeadLetter>, String>;

    /// Sends the letter of this id again; gives what became of it, for people. Blocks.
    ///
    /// # Errors
    /// Why it can't be sent, for people.
    fn retry(&self, id: &str) -> Result<String, String>;
}
