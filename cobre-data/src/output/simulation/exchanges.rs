use cobre_engine::simulation::LineBlockOutcome;
use cobre_engine::system::Limits;

use super::super::schema::{EXCHANGES, Table};
use super::super::table_rows::TableRows;
use super::bucket_table::{BucketTable, Frame, Span};
use super::grid::Grid;
use super::operative_state::line_state;

/// The lines of a bucket.
pub(super) struct Exchanges<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) grid: &'a Grid<LineBlockOutcome>,
}

impl BucketTable for Exchanges<'_> {
    fn table(&self) -> &'static Table {
        &EXCHANGES
    }

    fn n_entities(&self) -> usize {
        self.frame.layout.lines.len()
    }

    fn n_rows(&self, span: &Span) -> usize {
        self.frame.n_block_rows(span)
    }

    fn fill(&self, rows: &mut TableRows, span: &Span) {
        let (frame, layout, stage) = (&self.frame, self.frame.layout, span.stage);
        let run = self.grid.span(span);
        let line = &layout.system.lines()[layout.lines[span.entity]];
        let data = &line.stages[stage];
        let loss = line.losses_percent / 100.0;
        let cost = data.exchange_cost_per_mwh;
        frame
            .fill_block_labels(rows, span)
            .id("line_id", line.id)
            .floats("direct_flow_mw", run.iter().map(|row| row.direct_mw))
            .floats("reverse_flow_mw", run.iter().map(|row| row.reverse_mw))
            .floats("net_flow_mw", run.iter().map(net))
            .floats_with("net_flow_mwh", |out| frame.by_hours(out, stage, run, |row, hours| net(row) * hours))
            .floats("losses_mw", run.iter().map(|row| loss * gross(row)))
            .floats_with("losses_mwh", |out| frame.by_hours(out, stage, run, |row, hours| loss * gross(row) * hours))
            .floats_with("exchange_cost", |out| {
                frame.by_hours(out, stage, run, |row, hours| cost * gross(row) * hours);
            })
            .codes(
                "operative_state_code",
                run.iter().zip(data.blocks.iter().cycle()).map(|(row, limits)| {
                    line_state(
                        (row.direct_mw, Limits::new(0.0, limits.direct_mw)),
                        (row.reverse_mw, Limits::new(0.0, limits.reverse_mw)),
                    )
                }),
            );
    }
}

fn net(row: &LineBlockOutcome) -> f64 {
    row.direct_mw - row.reverse_mw
}

fn gross(row: &LineBlockOutcome) -> f64 {
    row.direct_mw + row.reverse_mw
}
