//! What an address and a form say.

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request},
    http::header::CONTENT_TYPE,
};

use licensing::LicenseeId;

use crate::failure::Failure;

/// The licensee that a path names.
pub(crate) fn parse_licensee(text: &str) -> Result<LicenseeId, Failure> {
    LicenseeId::parse(text).map_err(|_| Failure::not_found("the address names no possible licensee: check it"))
}

/// The fields of a form, however it was sent; a name may come several times.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The parameters of a query.
    pub(crate) fn of_query(query: Option<&str>) -> Self {
        Self(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// The first field of a name, without the space around it; empty if there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// All fields of a name, as they were sent.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A number, if the field is there and is one.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.text(name).parse().ok()
    }

    /// The version that was shown to whoever decides, and the key of the decision (R34).
    pub(crate) fn looked_at(&self) -> Result<(u64, &str), Failure> {
        let version = self.number("version");
        let version = version
            .ok_or_else(|| Failure::malformed("the form does not say what was looked at: look again, then decide"))?;
        Ok((version, self.text("key")))
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if content_type.is_some_and(|content_type| content_type.starts_with("multipart/form-data")) {
            let form = Multipart::from_request(request, state).await;
            return read_parts(form.map_err(|error| Failure::malformed(error.body_text()))?).await;
        }
        let unread = |_| Failure::malformed("the form is too large or was cut off: send it again, in parts");
        let bytes = Bytes::from_request(request, state).await.map_err(unread)?;
        Ok(Self(form_urlencoded::parse(&bytes).into_owned().collect()))
    }
}

async fn read_parts(mut form: Multipart) -> Result<Fields, Failure> {
    let unread = |error: axum::extract::multipart::MultipartError| Failure::malformed(error.body_text());
    let mut fields = Vec::new();
    while let Some(part) = form.next_field().await.map_err(unread)? {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(unread)?;
        fields.push((name, String::from_utf8_lossy(&bytes).into_owned()));
    }
    Ok(Fields(fields))
}
