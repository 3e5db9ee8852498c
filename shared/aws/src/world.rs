//! The wire to the local world: plain HTTP, with a count of what is in flight, and the world's time for the SDK.

use crate::clock::WorldClock;
use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response, header::CONTENT_TYPE};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jiff::{SignedDuration, Timestamp};
use meridian_handlers::ports::Clock;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;

/// The world's time, on every answer.
const NOW: &str = "x-meridian-now";
/// `true` where the world never answers this call: what looks like an answer only says so.
const HANG: &str = "x-meridian-hang";

/// How much later the answer would come: it has been given at once, and waits here.
const LATE: &str = "x-meridian-late";

/// Why the world was not understood.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// No connection, or it broke.
    #[error("the simulator does not answer: {0}")]
    Gone(String),
    /// It answered no.
    #[error("the simulator answered {0}")]
    Declined(http::StatusCode),
    /// It answered something else than was agreed.
    #[error("unparseable response from the simulator: {0}")]
    Garbled(String),
}

/// One pool of connections to the world.
#[derive(Clone, Debug)]
pub(crate) struct Wire(Client<hyper_util::client::legacy::connect::HttpConnector, SdkBody>);

impl Wire {
    pub(crate) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).pool_idle_timeout(None).build_http())
    }

    pub(crate) async fn get<A: DeserializeOwned>(&self, url: &str) -> Result<A, WorldError> {
        self.json(Request::get(url).body(SdkBody::empty())).await
    }

    pub(crate) async fn post<Q: Serialize, A: DeserializeOwned>(&self, url: &str, body: &Q) -> Result<A, WorldError> {
        let body = serde_json::to_vec(body).map_err(|error| WorldError::Garbled(error.to_string()))?;
        self.json(Request::post(url).header(CONTENT_TYPE, "application/json").body(SdkBody::from(body))).await
    }

    async fn json<A: DeserializeOwned>(&self, request: http::Result<Request<SdkBody>>) -> Result<A, WorldError> {
        let request = request.map_err(|error| WorldError::Garbled(error.to_string()))?;
        let answer = self.exchange(request).await?;
        if !answer.status().is_success() {
            return Err(WorldError::Declined(answer.status()));
        }
        serde_json::from_slice(answer.body()).map_err(|error| WorldError::Garbled(error.to_string()))
    }

    /// One call, its answer read to the end.
    pub(crate) async fn exchange(&self, request: Request<SdkBody>) -> Result<Response<Bytes>, WorldError> {
        let answer = self.0.request(request).await.map_err(|error| WorldError::Gone(error.to_string()))?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(|error| WorldError::Gone(error.to_string()))?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }

    /// One call, its answer read as it is asked for: an archive never lies in memory. It counts as in flight until its body
    /// is dropped.
    async fn stream(
        &self,
        request: Request<SdkBody>,
        in_flight: Arc<InFlight>,
    ) -> Result<Response<SdkBody>, WorldError> {
        let answer = self.0.request(request).await.map_err(|error| WorldError::Gone(error.to_string()))?;
        let counted = move |frame| {
            let _still_in_flight = &in_flight;
            frame
        };
        Ok(answer.map(|body| SdkBody::from_body_1_x(body.map_frame(counted))))
    }
}

/// The SDK's way to the world.
#[derive(Clone, Debug)]
pub(crate) struct WorldHttp {
    pub(crate) wire: Wire,
    pub(crate) activity: Activity,
    pub(crate) clock: WorldClock,
}

impl HttpClient for WorldHttp {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for WorldHttp {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let in_flight = Arc::new(this.activity.call());
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let answer = this.wire.stream(request, in_flight.clone()).await;
            let answer = answer.map_err(|error| ConnectorError::io(error.into()))?;
            if let Some(now) = header(&answer, NOW).and_then(|now| now.parse::<Timestamp>().ok()) {
                this.clock.observe(now);
            }
            if header(&answer, HANG) == Some("true") {
                drop((answer, in_flight));
                return std::future::pending().await;
            }
            let late = header(&answer, LATE).and_then(|late| late.parse::<SignedDuration>().ok());
            let answer = match late {
                Some(late) => this.waited_for(answer, in_flight, late).await?,
                None => answer,
            };
            HttpResponse::try_from(answer).map_err(|error| ConnectorError::user(error.into()))
        })
    }
}

impl WorldHttp {
    /// An answer that comes late: read to its end first, for virtual time moves only where nothing is in flight.
    async fn waited_for(
        &self,
        answer: Response<SdkBody>,
        in_flight: Arc<InFlight>,
        late: SignedDuration,
    ) -> Result<Response<SdkBody>, ConnectorError> {
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(ConnectorError::io)?.to_bytes();
        drop(in_flight);
        let until = self.clock.now().saturating_add(late).unwrap_or(Timestamp::MAX);
        self.clock.clone().sleep_until(until).await;
        Ok(Response::from_parts(head, SdkBody::from(body)))
    }
}

/// The world's clock as the SDK takes it: signatures, time-outs and the pauses between retries go by it.
#[derive(Clone, Debug)]
pub(crate) struct SdkTime(pub(crate) WorldClock);

impl TimeSource for SdkTime {
    fn now(&self) -> SystemTime {
        self.0.now().into()
    }
}

impl AsyncSleep for SdkTime {
    fn sleep(&self, duration: Duration) -> Sleep {
        let until = self.0.now().saturating_add(duration).unwrap_or(Timestamp::MAX);
        Sleep::new(self.0.clone().sleep_until(until))
    }
}

fn header<'a, B>(answer: &'a Response<B>, name: &str) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

/// What the process is doing: calls in flight, and the moments that are waited for.
#[derive(Clone, Debug)]
pub(crate) struct Activity(watch::Sender<State>);

#[derive(Debug, Default)]
struct State {
    in_flight: usize,
    waits: BTreeSet<(Timestamp, u64)>,
    /// Tells waits for the same moment apart.
    next: u64,
}

impl Activity {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(State::default()))
    }

    /// Counts a call, until the guard is dropped: at its answer, or where its caller has given up.
    pub(crate) fn call(&self) -> InFlight {
        self.0.send_modify(|state| state.in_flight += 1);
        InFlight(self.clone())
    }

    /// Enters a wait for `until`, until the guard is dropped.
    pub(crate) fn wait(&self, until: Timestamp) -> Wait {
        let mut place = (until, 0);
        self.0.send_modify(|state| {
            place.1 = state.next;
            state.next += 1;
            state.waits.insert(place);
        });
        Wait { changes: self.0.subscribe(), activity: self.clone(), place }
    }
}

/// A call in flight.
#[derive(Debug)]
pub(crate) struct InFlight(Activity);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.0.send_modify(|state| state.in_flight -= 1);
    }
}

/// A wait for one moment.
#[derive(Debug)]
pub(crate) struct Wait {
    changes: watch::Receiver<State>,
    activity: Activity,
    place: (Timestamp, u64),
}

impl Wait {
    /// Returns once nothing is in flight, no earlier moment is waited for, and everything else that was ready has run.
    pub(crate) async fn turn(&mut self) {
        let place = self.place;
        let is_due = |state: &State| state.in_flight == 0 && state.waits.first() == Some(&place);
        loop {
            // The sender lives in `activity`: the channel is never closed.
            let _ = self.changes.wait_for(is_due).await.map(drop);
            tokio::task::yield_now().await;
            if is_due(&self.changes.borrow()) {
                return;
            }
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let place = self.place;
        self.activity.0.send_modify(|state| {
            state.waits.remove(&place);
        });
    }
}
