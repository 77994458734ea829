use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::schema::INFLOW_LAGS;
use super::layout::Layout;
use super::table_folder::TableFolder;

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

    /// Writes the lags of the bucket; no file without lags.
    pub(super) fn write(&self, folder: &TableFolder) -> Result<Option<FileRecord>, OutputError> {
        let max_lags = self.stages.iter().map(|stage| stage.n_lags).max().unwrap_or(0);
        if max_lags == 0 {
            return Ok(None);
        }
        let layout = folder.layout;
        let mut file = folder.create(&INFLOW_LAGS)?;
        for (entity, &h) in layout.hydros.iter().enumerate() {
            for lag in 0..max_lags {
                for (stage, known) in self.stages.iter().enumerate().filter(|(_, known)| lag < known.n_lags) {
                    let start = (entity * known.n_lags + lag) * self.n_scenarios;
                    let rows = file.begin(self.n_scenarios);
                    folder.fill_labels(rows, stage, 1);
                    rows.id("hydro_id", layout.system.hydros()[h].id).id("lag_index", lag as i32).floats_with(
                        "inflow_m3s",
                        |out| {
                            out.extend_from_slice(&known.values[start..start + self.n_scenarios]);
                        },
                    );
                    file.end()?;
                }
            }
        }
        file.publish().map(Some)
    }
}
