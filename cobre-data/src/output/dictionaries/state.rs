use cobre_engine::Study;
use cobre_engine::subproblem::StateLayout;
use serde::Serialize;

/// `state_dictionary.json`: the components of the state vector, in the order of cut coefficients and visited states.
#[derive(Serialize)]
pub(super) struct StateDictionary {
    version: &'static str,
    dimension: usize,
    components: Vec<Component>,
}

#[derive(Serialize)]
struct Component {
    state_index: usize,
    /// `storage` or `inflow_lag`.
    kind: &'static str,
    entity_type: &'static str,
    entity_id: i32,
    entity_name: String,
    /// Lag, 1 the most recent; none for storage.
    lag: Option<usize>,
    unit: &'static str,
    /// The column that shows the component on entry to a stage.
    incoming: ShownIn,
    /// The column that shows the component at the end of a stage.
    outgoing: ShownIn,
}

/// A column of a result table; for tables of lags, the rows of one lag.
#[derive(Serialize)]
struct ShownIn {
    table: &'static str,
    column: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lag_index: Option<usize>,
}

impl ShownIn {
    fn hydros(column: &'static str) -> Self {
        Self { table: "simulation/hydros", column, lag_index: None }
    }

    fn lags(lag_index: usize) -> Self {
        Self { table: "simulation/inflow_lags", column: "inflow_m3s", lag_index: Some(lag_index) }
    }
}

impl StateDictionary {
    pub(super) fn new(study: &Study) -> Self {
        let layout = StateLayout::new(study);
        let hydros = study.system.hydros();
        let storage = hydros.iter().enumerate().map(|(h, hydro)| Component {
            state_index: layout.storage(h),
            kind: "storage",
            entity_type: "hydro",
            entity_id: hydro.id,
            entity_name: hydro.name.clone(),
            lag: None,
            unit: "hm3",
            incoming: ShownIn::hydros("storage_initial_hm3"),
            outgoing: ShownIn::hydros("storage_final_hm3"),
        });
        let lags = (0..layout.n_lags()).flat_map(|lag| {
            hydros.iter().enumerate().map(move |(h, hydro)| Component {
                state_index: layout.lag(h, lag),
                kind: "inflow_lag",
                entity_type: "hydro",
                entity_id: hydro.id,
                entity_name: hydro.name.clone(),
                lag: Some(lag + 1),
                unit: "m3/s",
                incoming: ShownIn::lags(lag),
                // The inflow of a stage is the most recent lag at its end; the others move up by one.
                outgoing: lag.checked_sub(1).map_or_else(|| ShownIn::hydros("inflow_m3s"), ShownIn::lags),
            })
        });
        let mut components: Vec<Component> = storage.chain(lags).collect();
        components.sort_by_key(|component| component.state_index);
        Self { version: "1.0", dimension: layout.dimension(), components }
    }
}
