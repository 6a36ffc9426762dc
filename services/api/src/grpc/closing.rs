//! Ends what would otherwise stay open for as long as a caller likes.

use std::sync::Arc;

use tokio::sync::watch;

/// Ends the streams of a router: to be told before the server waits for the requests that run. Clones share it.
#[derive(Clone)]
pub struct Closing(Arc<watch::Sender<bool>>);

impl Default for Closing {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Closing {
    /// Ends all streams, those that begin later too.
    pub fn close(&self) {
        self.0.send_replace(true);
    }

    /// Waits until they are to end.
    pub(crate) async fn closed(&self) {
        // It can't fail: the sender is ours.
        let _ = self.0.subscribe().wait_for(|is_closing| *is_closing).await;
    }
}
