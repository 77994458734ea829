use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use arrow_flight::flight_service_server::FlightService;
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo, HandshakeRequest, HandshakeResponse,
    PollInfo, PutResult, SchemaResult, Ticket,
};
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, stream};
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use super::authorization::Authorization;
use super::service::{CANCEL_FLIGHT_INFO, SqlService};
use super::status::of_panic;

/// Actions, and what they do.
const ACTIONS: [(&str, &str); 4] = [
    ("CreatePreparedStatement", "Prepares a statement, which may have parameters"),
    ("ClosePreparedStatement", "Forgets a prepared statement"),
    ("CancelQuery", "Stops a query"),
    (CANCEL_FLIGHT_INFO, "Stops a query"),
];

type Answers<T> = BoxStream<'static, Result<T, Status>>;

/// What every call goes through: it shows the token, and a defect fails that call alone.
pub(super) struct Gate {
    authorization: Authorization,
    service: Arc<SqlService>,
}

impl Gate {
    pub(super) fn new(authorization: Authorization, service: SqlService) -> Self {
        Self { authorization, service: Arc::new(service) }
    }

    async fn pass<Q, A, F>(
        &self,
        request: Request<Q>,
        call: impl FnOnce(Arc<SqlService>, Request<Q>) -> F,
    ) -> Result<Response<A>, Status>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        self.authorization.check(request.metadata())?;
        let call = AssertUnwindSafe(call(Arc::clone(&self.service), request)).catch_unwind();
        call.await.unwrap_or_else(|panic| Err(of_panic(panic.as_ref())))
    }
}

#[tonic::async_trait]
impl FlightService for Gate {
    type HandshakeStream = Answers<HandshakeResponse>;
    type ListFlightsStream = Answers<FlightInfo>;
    type DoGetStream = Answers<FlightData>;
    type DoPutStream = Answers<PutResult>;
    type DoActionStream = Answers<arrow_flight::Result>;
    type ListActionsStream = Answers<ActionType>;
    type DoExchangeStream = Answers<FlightData>;

    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        let headers: MetadataMap = self.authorization.introduce(request.metadata())?;
        let answer = HandshakeResponse { protocol_version: 0, payload: bytes::Bytes::new() };
        let answers = stream::once(std::future::ready(Ok(answer))).boxed();
        Ok(Response::from_parts(headers, answers, tonic::Extensions::default()))
    }

    async fn list_flights(&self, request: Request<Criteria>) -> Result<Response<Self::ListFlightsStream>, Status> {
        self.authorization.check(request.metadata())?;
        Err(Status::unimplemented("answers are not listed; ask for the tables"))
    }

    async fn get_flight_info(&self, request: Request<FlightDescriptor>) -> Result<Response<FlightInfo>, Status> {
        self.pass(request, async |service, request| service.get_flight_info(request).await).await
    }

    async fn poll_flight_info(&self, request: Request<FlightDescriptor>) -> Result<Response<PollInfo>, Status> {
        self.authorization.check(request.metadata())?;
        Err(Status::unimplemented("queries are not polled; ask for them by GetFlightInfo"))
    }

    async fn get_schema(&self, request: Request<FlightDescriptor>) -> Result<Response<SchemaResult>, Status> {
        let schema = async |service: Arc<SqlService>, request: Request<FlightDescriptor>| {
            let schema = service.schema_of(request.into_inner()).await?;
            Ok(Response::new(SchemaResult { schema }))
        };
        self.pass(request, schema).await
    }

    async fn do_get(&self, request: Request<Ticket>) -> Result<Response<Self::DoGetStream>, Status> {
        self.pass(request, async |service, request| service.do_get(request).await).await
    }

    async fn do_put(&self, request: Request<Streaming<FlightData>>) -> Result<Response<Self::DoPutStream>, Status> {
        self.pass(request, async |service, request| service.do_put(request).await).await
    }

    async fn do_exchange(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        self.authorization.check(request.metadata())?;
        Err(Status::unimplemented("there is nothing to exchange"))
    }

    async fn do_action(&self, request: Request<Action>) -> Result<Response<Self::DoActionStream>, Status> {
        self.pass(request, async |service, request| service.do_action(request).await).await
    }

    async fn list_actions(&self, request: Request<Empty>) -> Result<Response<Self::ListActionsStream>, Status> {
        self.authorization.check(request.metadata())?;
        let actions =
            ACTIONS.map(|(name, does)| Ok(ActionType { r#type: name.to_owned(), description: does.to_owned() }));
        Ok(Response::new(stream::iter(actions).boxed()))
    }
}
