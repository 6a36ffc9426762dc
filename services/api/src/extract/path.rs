//! The ids in a path.

use axum::{extract::FromRequestParts, http::request::Parts};
use licensing::{LicenseeId, ProductId, UserId};
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::IntoParams;

use super::parsed;
use crate::problem::Problem;

/// The parameters of a path.
pub(crate) struct Path<T>(pub(crate) T);

/// A path below a licensee.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct LicenseePath {
    /// The licensee.
    #[serde(deserialize_with = "parsed")]
    #[param(value_type = String, min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    pub(crate) licensee: LicenseeId,
}

/// A path below a licensee's product.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ProductPath {
    /// The licensee.
    #[serde(deserialize_with = "parsed")]
    #[param(value_type = String, min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    pub(crate) licensee: LicenseeId,
    /// A product of the catalogue.
    #[param(value_type = String, example = "duo")]
    pub(crate) product: ProductId,
}

/// The path of one user's seat.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct SeatPath {
    /// The licensee.
    #[serde(deserialize_with = "parsed")]
    #[param(value_type = String, min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    pub(crate) licensee: LicenseeId,
    /// A product of the catalogue.
    #[param(value_type = String, example = "duo")]
    pub(crate) product: ProductId,
    /// The user.
    #[serde(deserialize_with = "parsed")]
    #[param(value_type = String, min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    pub(crate) user: UserId,
}

/// A path below a member of a licensee.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct MemberPath {
    /// The licensee.
    #[serde(deserialize_with = "parsed")]
    #[param(value_type = String, min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    pub(crate) licensee: LicenseeId,
    /// The user.
    #[serde(deserialize_with = "parsed")]
    #[param(value_type = String, min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    pub(crate) user: UserId,
}

/// A path below a user.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct UserPath {
    /// The user.
    #[serde(deserialize_with = "parsed")]
    #[param(value_type = String, min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    pub(crate) user: UserId,
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Path(parameters) = axum::extract::Path::from_request_parts(parts, state).await?;
        Ok(Self(parameters))
    }
}
