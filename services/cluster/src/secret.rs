//! What nodes of the same store know each other by.

use std::{fmt, hint::black_box, sync::Arc};

use tonic::{
    Request, Status,
    metadata::{AsciiMetadataValue, errors::InvalidMetadataValue},
    service::Interceptor,
};

const HEADER: &str = "authorization";
const SCHEME: &str = "Bearer ";

/// What all nodes of a store know and nobody else does. It is never shown.
#[derive(Clone)]
pub struct Secret {
    secret: Arc<str>,
    header: AsciiMetadataValue,
}

/// A secret that can't be sent.
#[derive(Debug, thiserror::Error)]
#[error("the secret of the store's nodes is empty or not plain ASCII: see whether the store was tampered with")]
pub struct InvalidSecret(#[source] Option<InvalidMetadataValue>);

impl Secret {
    /// The secret that the store keeps.
    ///
    /// # Errors
    /// [`InvalidSecret`] unless it is visible ASCII and not empty.
    pub fn new(secret: &str) -> Result<Self, InvalidSecret> {
        if secret.is_empty() {
            return Err(InvalidSecret(None));
        }
        let mut header: AsciiMetadataValue =
            format!("{SCHEME}{secret}").parse().map_err(|error| InvalidSecret(Some(error)))?;
        header.set_sensitive(true);
        Ok(Self { secret: secret.into(), header })
    }

    /// Whether this is the secret; takes as long for a nearly right one as for a wrong one.
    fn is(&self, presented: &[u8]) -> bool {
        let expected = self.secret.as_bytes();
        let differing = expected.iter().zip(presented).fold(0, |differing, (a, b)| black_box(differing | (a ^ b)));
        expected.len() == presented.len() && differing == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Shows the secret with each call.
#[derive(Debug, Clone)]
pub(crate) struct Show(pub(crate) Secret);

impl Interceptor for Show {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert(HEADER, self.0.header.clone());
        Ok(request)
    }
}

/// Refuses calls that do not show the secret, before anything of them is read.
#[derive(Debug, Clone)]
pub(crate) struct Demand(pub(crate) Secret);

impl Interceptor for Demand {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let shown = request.metadata().get(HEADER);
        let presented = shown.and_then(|header| header.as_bytes().strip_prefix(SCHEME.as_bytes()));
        if presented.is_some_and(|presented| self.0.is(presented)) {
            return Ok(request);
        }
        Err(Status::unauthenticated("only nodes of the same store are answered: check the address"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn request(header: Option<&str>) -> Request<()> {
        let mut request = Request::new(());
        if let Some(header) = header {
            request.metadata_mut().insert(HEADER, header.parse().unwrap());
        }
        request
    }

    #[test]
    fn only_the_secret_itself_opens() {
        let mut door = Demand(Secret::new("s3cret").unwrap());
        assert!(door.call(request(Some("Bearer s3cret"))).is_ok());
        for wrong in ["Bearer s3cres", "Bearer s3cre", "Bearer s3crets", "Bearer ", "s3cret", "bearer s3cret", ""] {
            let refused = door.call(request(Some(wrong))).unwrap_err();
            assert_eq!(refused.code(), tonic::Code::Unauthenticated, "{wrong}");
        }
        assert!(door.call(request(None)).is_err());
    }

    #[test]
    fn what_is_shown_opens_and_can_not_be_read_in_a_log() {
        let secret = Secret::new("s3cret").unwrap();
        let shown = Show(secret.clone()).call(Request::new(())).unwrap();
        assert!(!format!("{secret:?}{shown:?}").contains("s3cret"));
        assert!(Demand(secret).call(shown).is_ok());
    }

    #[test]
    fn an_empty_or_unsendable_secret_is_none() {
        assert!(Secret::new("").is_err());
        assert!(Secret::new("a\nb").is_err());
    }
}
