use std::sync::Arc;
use std::time::Duration;

use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::metadata::{SqlInfoData, XdbcTypeInfoData};
use arrow_flight::sql::server::{FlightSqlService, PeekableFlightDataStream};
use arrow_flight::sql::{
    ActionCancelQueryRequest, ActionCancelQueryResult, ActionClosePreparedStatementRequest,
    ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult, Any, Command, CommandGetCatalogs,
    CommandGetCrossReference, CommandGetDbSchemas, CommandGetExportedKeys, CommandGetImportedKeys,
    CommandGetPrimaryKeys, CommandGetSqlInfo, CommandGetTableTypes, CommandGetTables, CommandGetXdbcTypeInfo,
    CommandPreparedStatementQuery, CommandPreparedStatementUpdate, CommandStatementIngest, CommandStatementQuery,
    CommandStatementSubstraitPlan, CommandStatementUpdate, DoPutPreparedStatementResult, ProstMessageExt, SqlInfo,
    TicketStatementQuery,
};
use arrow_flight::{
    Action, CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus, FlightDescriptor, FlightInfo, Ticket,
};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::Schema;
use futures::{StreamExt, TryStreamExt};
use prost::Message;
use tokio::sync::Semaphore;
use tonic::{Code, Request, Response, Status};

use super::execution::Execution;
use super::handles::Handle;
use super::parameters::MOST_ROWS;
use super::planner::{PlannedQuery, Planner};
use super::prepared::PreparedStatements;
use super::queries::Queries;
use super::statement::refused_write;
use super::status::{internal, status};
use super::wire::{FlightStream, info, schema_bytes, send, send_batch, wire_schema};
use super::{catalogue, keys};

/// The action by which clients stop a query.
pub(super) const CANCEL_FLIGHT_INFO: &str = "CancelFlightInfo";

/// Answers clients that have shown who they are.
pub(super) struct SqlService {
    pub(super) planner: Planner,
    pub(super) prepared: PreparedStatements,
    pub(super) queries: Arc<Queries>,
    /// Queries that may still begin to run.
    pub(super) turns: Arc<Semaphore>,
    pub(super) timeout: Option<Duration>,
    pub(super) sql_info: SqlInfoData,
    pub(super) type_info: XdbcTypeInfoData,
}

impl SqlService {
    /// The schema of the answer to a command.
    pub(super) async fn schema_of(&self, descriptor: FlightDescriptor) -> Result<bytes::Bytes, Status> {
        let text = match command_of(&descriptor.cmd)? {
            Command::CommandStatementQuery(command) => command.query,
            Command::CommandPreparedStatementQuery(command) => {
                let (_, prepared) = self.prepared.find(&command.prepared_statement_handle)?;
                prepared.text.as_ref().to_owned()
            }
            _ => return Ok(self.get_flight_info(Request::new(descriptor)).await?.into_inner().schema),
        };
        schema_bytes(&wire_schema(&Arc::new(self.planner.describe(&text).await?.answer)))
    }

    /// Keeps a query until it is fetched, and tells how.
    fn offer(
        &self,
        query: PlannedQuery,
        text: &str,
        descriptor: FlightDescriptor,
    ) -> Result<Response<FlightInfo>, Status> {
        let handle = Handle::random().map_err(internal)?;
        let schema = wire_schema(&query.schema());
        self.queries.put(handle, query, text.len());
        let ticket = TicketStatementQuery { statement_handle: handle.as_bytes().to_vec().into() };
        info(descriptor, &ticket, &schema)
    }

    /// Runs a query when it is its turn.
    async fn run(
        &self,
        handle: Handle,
        find: impl AsyncFnOnce() -> Result<PlannedQuery, Status>,
    ) -> Result<Response<FlightStream>, Status> {
        let mut stop = self.queries.run(handle);
        let query = find().await?;
        let turn = tokio::select! {
            biased;
            () = stop.stopped() => return Err(Status::cancelled("the query was stopped")),
            turn = Arc::clone(&self.turns).acquire_owned() => turn.map_err(internal)?,
        };
        let schema = query.schema();
        Ok(send(schema, Execution::start(query, stop, self.timeout, turn, self.planner.runtime()).into_stream()))
    }

    /// Stops the query that an answer to `GetFlightInfo` was about.
    fn cancel(&self, info: Option<FlightInfo>) -> Result<CancelStatus, Status> {
        let tickets = info.into_iter().flat_map(|info| info.endpoint).filter_map(|endpoint| endpoint.ticket);
        let handles = tickets.filter_map(|ticket| match command_of(&ticket.ticket) {
            Ok(Command::TicketStatementQuery(ticket)) => Handle::of(&ticket.statement_handle),
            _ => None,
        });
        let stopped = handles.filter(|&handle| self.queries.stop(handle)).count();
        if stopped == 0 {
            return Err(Status::not_found("there is no such query: it has ended, or was never begun"));
        }
        Ok(CancelStatus::Cancelled)
    }
}

fn command_of(bytes: &[u8]) -> Result<Command, Status> {
    let any = Any::decode(bytes).map_err(|error| status(Code::InvalidArgument, &error.to_string()))?;
    Command::try_from(any).map_err(|error| status(Code::InvalidArgument, &error.to_string()))
}

/// Announces an answer whose ticket is the command itself.
fn announce(
    command: &impl ProstMessageExt,
    schema: &Schema,
    request: Request<FlightDescriptor>,
) -> Result<Response<FlightInfo>, Status> {
    info(request.into_inner(), command, schema)
}

/// Reads the rows of parameters that a client sends.
async fn read_rows(stream: PeekableFlightDataStream) -> Result<RecordBatch, Status> {
    let messages = stream.map_err(|status| FlightError::Tonic(Box::new(status)));
    let mut batches = FlightRecordBatchStream::new_from_flight_data(messages);
    let (mut read, mut n_rows) = (Vec::new(), 0);
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(Status::from)?;
        n_rows += batch.num_rows();
        read.push(batch);
        if n_rows > MOST_ROWS || read.len() > MOST_ROWS {
            let message = format!("more than {MOST_ROWS} rows of parameters are given");
            return Err(status(Code::InvalidArgument, &message));
        }
    }
    let schema = batches.schema().cloned().unwrap_or_else(|| Arc::new(Schema::empty()));
    concat_batches(&schema, &read).map_err(|error| status(Code::InvalidArgument, &error.to_string()))
}

#[tonic::async_trait]
impl FlightSqlService for SqlService {
    type FlightService = Self;

    async fn get_flight_info_statement(
        &self,
        query: CommandStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let planned = self.planner.plan(&query.query, None).await?;
        self.offer(planned, &query.query, request.into_inner())
    }

    async fn get_flight_info_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let (_, prepared) = self.prepared.find(&query.prepared_statement_handle)?;
        let planned = self.planner.plan(&prepared.text, prepared.rows).await?;
        self.offer(planned, &prepared.text, request.into_inner())
    }

    async fn get_flight_info_catalogs(
        &self,
        query: CommandGetCatalogs,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        announce(&query, &query.into_builder().schema(), request)
    }

    async fn get_flight_info_schemas(
        &self,
        query: CommandGetDbSchemas,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        announce(&query, &query.clone().into_builder().schema(), request)
    }

    async fn get_flight_info_tables(
        &self,
        query: CommandGetTables,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        announce(&query, &query.clone().into_builder().schema(), request)
    }

    async fn get_flight_info_table_types(
        &self,
        query: CommandGetTableTypes,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        announce(&query, &query.into_builder().schema(), request)
    }

    async fn get_flight_info_sql_info(
        &self,
        query: CommandGetSqlInfo,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        announce(&query, &self.sql_info.schema(), request)
    }

    async fn get_flight_info_xdbc_type_info(
        &self,
        query: CommandGetXdbcTypeInfo,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        announce(&query, &self.type_info.schema(), request)
    }

    async fn get_flight_info_primary_keys(
        &self,
        query: CommandGetPrimaryKeys,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        announce(&query, &keys::primary_keys().schema(), request)
    }

    async fn get_flight_info_exported_keys(
        &self,
        query: CommandGetExportedKeys,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        announce(&query, &keys::foreign_keys().schema(), request)
    }

    async fn get_flight_info_imported_keys(
        &self,
        query: CommandGetImportedKeys,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        announce(&query, &keys::foreign_keys().schema(), request)
    }

    async fn get_flight_info_cross_reference(
        &self,
        query: CommandGetCrossReference,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        announce(&query, &keys::foreign_keys().schema(), request)
    }

    async fn do_get_statement(
        &self,
        ticket: TicketStatementQuery,
        _: Request<Ticket>,
    ) -> Result<Response<FlightStream>, Status> {
        let gone =
            || Status::not_found("there is no such query: it was fetched or stopped, or has waited for too long");
        let handle = Handle::of(&ticket.statement_handle).ok_or_else(gone)?;
        self.run(handle, async || self.queries.take(handle).ok_or_else(gone)).await
    }

    async fn do_get_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        _: Request<Ticket>,
    ) -> Result<Response<FlightStream>, Status> {
        let (_, prepared) = self.prepared.find(&query.prepared_statement_handle)?;
        let handle = Handle::random().map_err(internal)?;
        self.run(handle, async || self.planner.plan(&prepared.text, prepared.rows).await).await
    }

    async fn do_get_catalogs(
        &self,
        query: CommandGetCatalogs,
        _: Request<Ticket>,
    ) -> Result<Response<FlightStream>, Status> {
        Ok(send_batch(catalogue::catalogues(&self.planner.context().await?, query)?))
    }

    async fn do_get_schemas(
        &self,
        query: CommandGetDbSchemas,
        _: Request<Ticket>,
    ) -> Result<Response<FlightStream>, Status> {
        Ok(send_batch(catalogue::schemas(&self.planner.context().await?, query)?))
    }

    async fn do_get_tables(
        &self,
        query: CommandGetTables,
        _: Request<Ticket>,
    ) -> Result<Response<FlightStream>, Status> {
        Ok(send_batch(catalogue::tables(&self.planner.context().await?, query).await?))
    }

    async fn do_get_table_types(
        &self,
        query: CommandGetTableTypes,
        _: Request<Ticket>,
    ) -> Result<Response<FlightStream>, Status> {
        Ok(send_batch(catalogue::table_types(query)?))
    }

    async fn do_get_sql_info(
        &self,
        query: CommandGetSqlInfo,
        _: Request<Ticket>,
    ) -> Result<Response<FlightStream>, Status> {
        Ok(send_batch(query.into_builder(&self.sql_info).build().map_err(internal)?))
    }

    async fn do_get_xdbc_type_info(
        &self,
        query: CommandGetXdbcTypeInfo,
        _: Request<Ticket>,
    ) -> Result<Response<FlightStream>, Status> {
        Ok(send_batch(query.into_builder(&self.type_info).build().map_err(internal)?))
    }

    async fn do_get_primary_keys(
        &self,
        _: CommandGetPrimaryKeys,
        _: Request<Ticket>,
    ) -> Result<Response<FlightStream>, Status> {
        Ok(send_batch(keys::primary_keys()))
    }

    async fn do_get_exported_keys(
        &self,
        _: CommandGetExportedKeys,
        _: Request<Ticket>,
    ) -> Result<Response<FlightStream>, Status> {
        Ok(send_batch(keys::foreign_keys()))
    }

    async fn do_get_imported_keys(
        &self,
        _: CommandGetImportedKeys,
        _: Request<Ticket>,
    ) -> Result<Response<FlightStream>, Status> {
        Ok(send_batch(keys::foreign_keys()))
    }

    async fn do_get_cross_reference(
        &self,
        _: CommandGetCrossReference,
        _: Request<Ticket>,
    ) -> Result<Response<FlightStream>, Status> {
        Ok(send_batch(keys::foreign_keys()))
    }

    async fn do_put_prepared_statement_query(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<PeekableFlightDataStream>,
    ) -> Result<DoPutPreparedStatementResult, Status> {
        let rows = read_rows(request.into_inner()).await?;
        let handle = self.prepared.bind(&query.prepared_statement_handle, rows)?;
        Ok(DoPutPreparedStatementResult { prepared_statement_handle: Some(handle.as_bytes().to_vec().into()) })
    }

    async fn do_put_statement_update(
        &self,
        _: CommandStatementUpdate,
        _: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        Err(refused_write("updates are not supported"))
    }

    async fn do_put_prepared_statement_update(
        &self,
        _: CommandPreparedStatementUpdate,
        _: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        Err(refused_write("updates are not supported"))
    }

    async fn do_put_statement_ingest(
        &self,
        _: CommandStatementIngest,
        _: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        Err(refused_write("tables cannot be sent to it"))
    }

    async fn do_put_substrait_plan(
        &self,
        _: CommandStatementSubstraitPlan,
        _: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        Err(Status::unimplemented("plans of Substrait are not supported; send SQL"))
    }

    async fn do_action_create_prepared_statement(
        &self,
        query: ActionCreatePreparedStatementRequest,
        _: Request<Action>,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        let described = self.planner.describe(&query.query).await?;
        let handle = self.prepared.add(&query.query)?;
        Ok(ActionCreatePreparedStatementResult {
            prepared_statement_handle: handle.as_bytes().to_vec().into(),
            dataset_schema: schema_bytes(&wire_schema(&Arc::new(described.answer)))?,
            parameter_schema: schema_bytes(&described.parameters)?,
        })
    }

    async fn do_action_close_prepared_statement(
        &self,
        query: ActionClosePreparedStatementRequest,
        _: Request<Action>,
    ) -> Result<(), Status> {
        self.prepared.close(&query.prepared_statement_handle);
        Ok(())
    }

    async fn do_action_cancel_query(
        &self,
        query: ActionCancelQueryRequest,
        _: Request<Action>,
    ) -> Result<ActionCancelQueryResult, Status> {
        let info = FlightInfo::decode(query.info);
        let info = info.map_err(|error| status(Code::InvalidArgument, &error.to_string()))?;
        // The older action has the same numbers.
        Ok(ActionCancelQueryResult { result: self.cancel(Some(info))? as i32 })
    }

    async fn do_action_fallback(
        &self,
        request: Request<Action>,
    ) -> Result<Response<<Self as FlightService>::DoActionStream>, Status> {
        let action = request.into_inner();
        if action.r#type != CANCEL_FLIGHT_INFO {
            return Err(status(Code::Unimplemented, &format!("there is no action {}", action.r#type)));
        }
        let asked = CancelFlightInfoRequest::decode(action.body);
        let asked = asked.map_err(|error| status(Code::InvalidArgument, &error.to_string()))?;
        let result = CancelFlightInfoResult::new(self.cancel(asked.info)?);
        let answer = arrow_flight::Result::new(result.encode_to_vec());
        Ok(Response::new(futures::stream::once(std::future::ready(Ok(answer))).boxed()))
    }

    async fn register_sql_info(&self, _: i32, _: &SqlInfo) {}
}
