use super::super::schema::{INFLOW_LAGS, Table};
use super::super::table_rows::TableRows;
use super::bucket_table::{BucketTable, Frame, Span};
use super::layout::Layout;

/// Inflow lags of a bucket, per stage; a stage may know more lags than another.
pub(super) struct InflowLags {
    n_scenarios: usize,
    stages: Vec<StageLags>,
}

#[derive(Clone, Default)]
struct StageLags {
    n_lags: usize,
    /// Element `(plant·n_lags + lag)·n_scenarios + scenario`, plants by id.
    values: Vec<f64>,
}

impl InflowLags {
    pub(super) fn new(layout: &Layout, n_scenarios: usize) -> Self {
        Self { n_scenarios, stages: vec![StageLags::default(); layout.n_stages()] }
    }

    /// Puts the lags of one scenario in place; `lags` is lag-major. All scenarios of a stage know as many lags as
    /// scenario 0, which comes first.
    pub(super) fn put(&mut self, layout: &Layout, stage: usize, scenario: usize, lags: &[f64]) -> Result<(), String> {
        let n_hydros = layout.hydros.len();
        let into = &mut self.stages[stage];
        if scenario == 0 {
            into.n_lags = lags.len().checked_div(n_hydros).unwrap_or(0);
            into.values.clear();
            into.values.resize(n_hydros * into.n_lags * self.n_scenarios, 0.0);
        }
        if lags.len() != n_hydros * into.n_lags {
            let (found, expected) = (lags.len(), n_hydros * into.n_lags);
            return Err(format!("{found} values of inflow_lags_m3s, {expected} in the first scenario"));
        }
        for (entity, &h) in layout.hydros.iter().enumerate() {
            for lag in 0..into.n_lags {
                into.values[(entity * into.n_lags + lag) * self.n_scenarios + scenario] = lags[lag * n_hydros + h];
            }
        }
        Ok(())
    }

    fn max_lags(&self) -> usize {
        self.stages.iter().map(|stage| stage.n_lags).max().unwrap_or(0)
    }
}

/// The inflow lags of a bucket; entity `plant·max_lags + lag`.
pub(super) struct LagTable<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) lags: &'a InflowLags,
}

impl BucketTable for LagTable<'_> {
    fn table(&self) -> &'static Table {
        &INFLOW_LAGS
    }

    fn n_entities(&self) -> usize {
        self.frame.layout.hydros.len() * self.lags.max_lags()
    }

    fn n_rows(&self, span: &Span) -> usize {
        let is_known = span.entity % self.lags.max_lags() < self.lags.stages[span.stage].n_lags;
        if is_known { span.scenarios.len() } else { 0 }
    }

    fn fill(&self, rows: &mut TableRows, span: &Span) {
        let layout = self.frame.layout;
        let known = &self.lags.stages[span.stage];
        let (plant, lag) = (span.entity / self.lags.max_lags(), span.entity % self.lags.max_lags());
        let start = (plant * known.n_lags + lag) * self.lags.n_scenarios;
        let values = &known.values[start + span.scenarios.start..start + span.scenarios.end];
        self.frame
            .fill_labels(rows, span, 1)
            .id("hydro_id", layout.system.hydros()[layout.hydros[plant]].id)
            .id("lag_index", lag as i32)
            .floats_with("inflow_m3s", |out| out.extend_from_slice(values));
    }
}
