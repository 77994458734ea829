use cobre_engine::simulation::{HydroBlockOutcome, HydroOutcome};

use super::super::schema::{HYDROS, Table};
use super::super::table_rows::TableRows;
use super::bucket_table::{BucketTable, Frame, Span, repeat};
use super::grid::Grid;
use super::operative_state::{binding, hydro_state};

/// Energy of one hm³ at a productivity of 1 MW per m³/s, in megawatt-hours.
const MWH_PER_HM3: f64 = 1e6 / 3600.0;

/// The hydro plants of a bucket.
pub(super) struct Hydros<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) stages: &'a Grid<HydroOutcome>,
    pub(super) blocks: &'a Grid<HydroBlockOutcome>,
}

impl BucketTable for Hydros<'_> {
    fn table(&self) -> &'static Table {
        &HYDROS
    }

    fn n_entities(&self) -> usize {
        self.frame.layout.hydros.len()
    }

    fn n_rows(&self, span: &Span) -> usize {
        self.frame.n_block_rows(span)
    }

    fn fill(&self, rows: &mut TableRows, span: &Span) {
        let (frame, layout, stage) = (&self.frame, self.frame.layout, span.stage);
        let (whole, parts) = (self.stages.span(span), self.blocks.span(span));
        let h = layout.hydros[span.entity];
        let hydro = &layout.system.hydros()[h];
        let data = &hydro.stages[stage];
        let n_blocks = layout.n_blocks[stage];
        let stage_hours = layout.system.stages()[stage].hours();
        let equivalent = data.productivity_mw_per_m3s;
        let accumulated = layout.accumulated_productivity[stage][h];
        let stored_mwh = |storage: f64| (storage - data.storage_hm3.min) * accumulated * MWH_PER_HM3;

        frame
            .fill_block_labels(rows, span)
            .id("hydro_id", hydro.id)
            .floats("turbined_m3s", parts.iter().map(|row| row.turbined_m3s))
            .floats("spillage_m3s", parts.iter().map(|row| row.spillage_m3s))
            .floats("outflow_m3s", parts.iter().map(|row| row.turbined_m3s + row.spillage_m3s))
            .null("evaporation_m3s");
        if layout.receives_diversion[h] {
            rows.floats("diverted_inflow_m3s", parts.iter().map(|row| row.diverted_inflow_m3s));
        } else {
            rows.null("diverted_inflow_m3s");
        }
        if hydro.diversion_downstream.is_some() {
            rows.floats("diverted_outflow_m3s", parts.iter().map(|row| row.diverted_outflow_m3s));
        } else {
            rows.null("diverted_outflow_m3s");
        }
        let stage_value = |rows: &mut TableRows, name: &'static str, value: &dyn Fn(&HydroOutcome) -> f64| {
            rows.floats_with(name, |out| repeat(out, n_blocks, whole, value));
        };
        stage_value(rows, "incremental_inflow_m3s", &|row| row.inflow_m3s);
        stage_value(rows, "inflow_m3s", &|row| row.inflow_m3s);
        stage_value(rows, "storage_initial_hm3", &|row| row.storage_initial_hm3);
        stage_value(rows, "storage_final_hm3", &|row| row.storage_final_hm3);
        rows.floats("generation_mw", parts.iter().map(|row| row.generation_mw))
            .floats_with("generation_mwh", |out| {
                frame.by_hours(out, stage, parts, |row, hours| row.generation_mw * hours);
            })
            .float("equivalent_productivity_mw_per_m3s", equivalent)
            .float("accumulated_productivity_mw_per_m3s", accumulated);
        stage_value(rows, "incremental_inflow_energy_mw", &|row| row.inflow_m3s * accumulated);
        stage_value(rows, "stored_energy_initial_mwh", &|row| stored_mwh(row.storage_initial_hm3));
        stage_value(rows, "stored_energy_final_mwh", &|row| stored_mwh(row.storage_final_hm3));
        rows.floats("spillage_cost", parts.iter().map(|row| row.spillage_cost));
        stage_value(rows, "water_value_per_hm3", &|row| row.water_value_per_hm3);
        rows.codes(
            "storage_binding_code",
            whole
                .iter()
                .flat_map(|row| std::iter::repeat_n(binding(row.storage_final_hm3, data.storage_hm3), n_blocks)),
        )
        .codes(
            "operative_state_code",
            parts.iter().zip(data.blocks.iter().cycle()).map(|(row, limits)| {
                hydro_state((row.turbined_m3s, limits.turbined_m3s), (row.generation_mw, limits.generation_mw))
            }),
        )
        .floats("turbined_slack_m3s", parts.iter().map(|row| row.turbined_slack_m3s))
        .floats("outflow_slack_below_m3s", parts.iter().map(|row| row.outflow_slack_below_m3s))
        .floats("outflow_slack_above_m3s", parts.iter().map(|row| row.outflow_slack_above_m3s))
        .floats("generation_slack_mw", parts.iter().map(|row| row.generation_slack_mw))
        .float("storage_violation_below_hm3", 0.0)
        .float("filling_target_violation_hm3", 0.0)
        .float("evaporation_violation_pos_m3s", 0.0)
        .float("evaporation_violation_neg_m3s", 0.0);
        stage_value(rows, "inflow_nonnegativity_slack_m3s", &|row| row.inflow_nonnegativity_slack_m3s);
        stage_value(rows, "water_withdrawal_violation_pos_m3s", &|row| row.withdrawal_violation_pos_m3s);
        stage_value(rows, "water_withdrawal_violation_neg_m3s", &|row| row.withdrawal_violation_neg_m3s);
        // Productivity does not depend on storage, so its mean over storage is itself.
        rows.float("integrated_equivalent_productivity_mw_per_m3s", equivalent)
            .float("integrated_accumulated_productivity_mw_per_m3s", accumulated);
        stage_value(rows, "stored_energy_initial_mw", &|row| stored_mwh(row.storage_initial_hm3) / stage_hours);
        stage_value(rows, "stored_energy_final_mw", &|row| stored_mwh(row.storage_final_hm3) / stage_hours);
    }
}
