//! Until when a server shows what a message did.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use crate::{Server, report::Came, request::Asked, script::Sign, server::ANSWER_TIMEOUT};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

#[derive(Deserialize)]
struct User {
    status: String,
}

/// Looks until the server shows a sign of a message that was due at `due`, for half a minute at most.
pub(crate) async fn until_shown(server: &Server, sign: &Sign, due: Instant) -> (Duration, Came) {
    let asked = Asked::get(format!("/v1/users/{}", sign.user));
    let began = Instant::now();
    while began.elapsed() < ANSWER_TIMEOUT {
        if is_shown(server, &asked, sign).await {
            return (due.elapsed(), Came::Done);
        }
        sleep(LOOK_EVERY).await;
    }
    (due.elapsed(), Came::Failed("not_shown".to_owned()))
}

/// What can't be asked at the moment is asked again.
async fn is_shown(server: &Server, asked: &Asked, sign: &Sign) -> bool {
    let Ok(answered) = server.ask(asked).await else { return false };
    if answered.status != StatusCode::OK {
        return false;
    }
    let user = serde_json::from_slice::<User>(&answered.body);
    user.is_ok_and(|user| sign.status.is_none_or(|status| status == user.status))
}
