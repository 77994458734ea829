//! How answers are put into messages.

use std::sync::Arc;

use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::error::FlightError;
use arrow_flight::sql::{Any, ProstMessageExt};
use arrow_flight::{FlightDescriptor, FlightEndpoint, FlightInfo, IpcMessage, SchemaAsIpc, Ticket};
use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::ipc::writer::IpcWriteOptions;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt, TryStreamExt};
use prost::Message;
use tonic::{Response, Status};

use super::status::internal;

/// The messages of an answer.
pub(super) type FlightStream = BoxStream<'static, Result<arrow_flight::FlightData, Status>>;

/// The schema with which batches arrive: dictionaries are sent as what they stand for.
pub(super) fn wire_schema(schema: &SchemaRef) -> SchemaRef {
    let encoder = FlightDataEncoderBuilder::new().with_schema(Arc::clone(schema)).build(stream::empty());
    encoder.known_schema().unwrap_or_else(|| Arc::clone(schema))
}

/// A schema as clients read it.
pub(super) fn schema_bytes(schema: &Schema) -> Result<Bytes, Status> {
    let options = IpcWriteOptions::default();
    let IpcMessage(bytes) = SchemaAsIpc::new(schema, &options).try_into().map_err(internal)?;
    Ok(bytes)
}

/// Sends batches as they come.
pub(super) fn send(
    schema: SchemaRef,
    batches: impl Stream<Item = Result<RecordBatch, FlightError>> + Send + 'static,
) -> Response<FlightStream> {
    let messages = FlightDataEncoderBuilder::new().with_schema(schema).build(batches);
    Response::new(messages.map_err(Status::from).boxed())
}

/// Sends one batch.
pub(super) fn send_batch(batch: RecordBatch) -> Response<FlightStream> {
    send(batch.schema(), stream::once(std::future::ready(Ok(batch))))
}

/// Tells a client that an answer of this schema waits for whoever shows `ticket`.
pub(super) fn info(
    descriptor: FlightDescriptor,
    ticket: &impl ProstMessageExt,
    schema: &Schema,
) -> Result<Response<FlightInfo>, Status> {
    let any: Any = ticket.as_any();
    let endpoint = FlightEndpoint::new().with_ticket(Ticket::new(any.encode_to_vec()));
    let info = FlightInfo::new().with_descriptor(descriptor).with_endpoint(endpoint).with_ordered(true);
    Ok(Response::new(info.try_with_schema(schema).map_err(internal)?))
}
