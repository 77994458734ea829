//! Observed inflow over windows of days.

use std::collections::BTreeMap;

use super::date::Date;
use super::finding::{Place, Report};

/// A window `[start, end)` and the mean inflow over it.
#[derive(Debug, Clone, PartialEq)]
struct Window {
    start: i32,
    end: i32,
    value_m3s: f64,
    place: Place,
}

/// Windows of all plants, by hydro id and start.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Windows {
    of_hydros: BTreeMap<i32, Vec<Window>>,
}

impl Windows {
    /// Adds a window; one that does not end after its start is reported.
    pub(super) fn add(
        &mut self,
        hydro: i32,
        (start, end): (Date, Date),
        value_m3s: f64,
        place: Place,
        report: &Report,
    ) {
        if end <= start {
            report.error(
                "inflow_windows.dates",
                &place,
                format!("the window ends on {end}, not after its start {start}"),
            );
            return;
        }
        let window = Window { start: start.day(), end: end.day(), value_m3s, place };
        self.of_hydros.entry(hydro).or_default().push(window);
    }

    /// Sorts the windows; those of a plant that overlap are reported.
    pub(super) fn finish(mut self, report: &Report) -> Self {
        for (hydro, windows) in &mut self.of_hydros {
            windows.sort_by_key(|window| (window.start, window.end));
            for pair in windows.windows(2).filter(|pair| pair[1].start < pair[0].end) {
                let message = format!("the window overlaps another one of plant {hydro}, at {}", pair[0].place.pointer);
                report.error("inflow_windows.overlap", &pair[1].place, message);
            }
        }
        self
    }

    /// The value of a plant on a day (since 1970-01-01).
    pub(super) fn on_day(&self, hydro: i32, day: i32) -> Option<f64> {
        let windows = self.of_hydros.get(&hydro)?;
        let after = windows.partition_point(|window| window.start <= day);
        let window = windows.get(after.checked_sub(1)?)?;
        (day < window.end).then_some(window.value_m3s)
    }
}
