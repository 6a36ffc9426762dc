//! Why a user has a seat, or has none.

mod act;
mod deed;
mod evidence;
mod explanation;
mod inquiry;
mod link;
mod origins;
mod remedy;
mod sentences;
mod standing;
mod time;

pub use evidence::{Evidence, Overage, PoolShown, RemovalEvidence};
pub use explanation::{Explanation, ProductExplanation};
pub use inquiry::{Case, Inquiry};
pub use link::{Link, LinkEvent};
pub use remedy::{Action, Obstacle, Remedy};
pub use standing::Standing;
