//! Access checks: one a call, or one after another on a stream.

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;
use futures_util::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use tokio::{sync::Semaphore, time::sleep};
use tonic::{Request, Response, Status, Streaming};

use super::{
    Closing,
    proto::{CheckAccessRequest, CheckAccessResponse, StreamAccessResponse, access_service_server::AccessService},
    wire::Question,
};
use crate::{
    app::App,
    layers::MinPosition,
    problem::{Problem, ProblemCode},
};

/// How many streams may be open at a time.
const STREAMS_MAX: usize = 1_024;
/// How long a stream lasts: whoever opens another has to be let in anew.
const STREAM_MAX: Duration = Duration::from_secs(10 * 60);
/// How many checks of one stream are under way at a time; those behind are not read yet.
const CHECKS_UNDER_WAY_MAX: usize = 64;
/// The field of a check that names a position.
const MIN_POSITION: &str = "min_position";

type Answers = BoxStream<'static, Result<StreamAccessResponse, Status>>;

/// Answers checks.
#[derive(Clone)]
pub(super) struct Access {
    app: App,
    closing: Closing,
    streams: Arc<Semaphore>,
}

impl Access {
    /// Streams end once `closing` says so.
    pub(super) fn new(app: App, closing: Closing) -> Self {
        Self { app, closing, streams: Arc::new(Semaphore::new(STREAMS_MAX)) }
    }
}

#[tonic::async_trait]
impl AccessService for Access {
    type StreamAccessStream = Answers;

    async fn check_access(
        &self,
        request: Request<CheckAccessRequest>,
    ) -> Result<Response<CheckAccessResponse>, Status> {
        let access = answer(&self.app, request.into_inner()).await?;
        Ok(Response::new(access.into()))
    }

    async fn stream_access(
        &self,
        request: Request<Streaming<CheckAccessRequest>>,
    ) -> Result<Response<Answers>, Status> {
        let place = Arc::clone(&self.streams).try_acquire_owned().map_err(|_| Problem::overloaded())?;
        let (app, closing) = (self.app.clone(), self.closing.clone());
        let checks = until(request.into_inner(), end_of_stream(closing));
        // Found once a stream, as most of its answers count for it.
        let given = answers_counted(StatusCode::OK.as_u16());
        let answers = checks.map(move |check| {
            // The stream holds its place for as long as it lasts.
            let (app, given, _) = (app.clone(), given.clone(), &place);
            async move { Ok(answer_in_stream(&app, &given, check?).await) }
        });
        Ok(Response::new(Box::pin(answers.buffered(CHECKS_UNDER_WAY_MAX))))
    }
}

/// The checks that come, until there are no more or `end` says why they have to end.
fn until(
    checks: Streaming<CheckAccessRequest>,
    end: impl Future<Output = Problem> + Send + 'static,
) -> impl Stream<Item = Result<CheckAccessRequest, Status>> + Send {
    stream::unfold(Some((checks, Box::pin(end))), |open| async {
        let (mut checks, mut end) = open?;
        tokio::select! {
            biased;
            problem = &mut end => Some((Err(problem.into()), None)),
            check = checks.message() => match check.transpose()? {
                Ok(check) => Some((Ok(check), Some((checks, end)))),
                Err(status) => Some((Err(status), None)),
            },
        }
    })
}

/// Waits until a stream has to end, and tells why.
async fn end_of_stream(closing: Closing) -> Problem {
    let why = tokio::select! {
        () = closing.closed() => "usher is stopping: open another stream, on another server",
        () = sleep(STREAM_MAX) => "a stream lasts ten minutes at most: open another",
    };
    Problem::new(ProblemCode::Unavailable, why)
}

/// An answer on a stream, which a failure does not end; one that was given counts for `given`.
async fn answer_in_stream(app: &App, given: &metrics::Counter, check: CheckAccessRequest) -> StreamAccessResponse {
    let answer = answer(app, check).await;
    match &answer {
        Ok(_) => given.increment(1),
        Err(problem) => answers_counted(problem.code().http_status()).increment(1),
    }
    answer.into()
}

/// Counts answers with this status, which is that of HTTP.
fn answers_counted(status: u16) -> metrics::Counter {
    metrics::counter!("usher_grpc_stream_checks_total", "status" => status.to_string())
}

async fn answer(app: &App, check: CheckAccessRequest) -> Result<licensing::access::Access, Problem> {
    let Question { check, min_position } = check.try_into()?;
    check.answer(app, MinPosition::of_field(MIN_POSITION, min_position.as_deref())).await
}
