//! Seasons: the twelve months, as `stages.json` labels them.

use super::cursor::Node;
use super::date::{Date, Month};
use super::finding::{Finding, Report};
use super::keys::stages as keys;

/// A season of the year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Season {
    /// Label in the data.
    pub id: usize,
    /// Name, for outputs.
    pub label: String,
    /// Calendar month, from 1.
    pub month: u32,
}

/// The declared seasons, by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Seasons {
    seasons: Vec<Season>,
}

/// What `season_definitions` came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Declared {
    /// None are declared.
    No,
    /// Declared, with errors that are reported.
    Broken,
    /// Declared.
    Yes(Seasons),
}

impl Declared {
    /// Reads `season_definitions`.
    pub(super) fn read(node: Option<&Node>, report: &Report) -> Self {
        let Some(node) = node else {
            return Self::No;
        };
        let errors = report.n_errors();
        let seasons = read_seasons(node, report);
        match seasons {
            Some(seasons) if report.n_errors() == errors => Self::Yes(seasons),
            _ => Self::Broken,
        }
    }

    /// The seasons, if they are declared without errors.
    pub(super) fn seasons(&self) -> Option<&Seasons> {
        if let Self::Yes(seasons) = self { Some(seasons) } else { None }
    }
}

impl Seasons {
    /// By id.
    pub(super) fn list(&self) -> &[Season] {
        &self.seasons
    }

    /// Position of the season with this id.
    pub(super) fn position(&self, id: usize) -> Option<usize> {
        self.seasons.iter().position(|season| season.id == id)
    }

    /// Position of the season a day lies in.
    pub(super) fn of_date(&self, date: Date) -> Option<usize> {
        self.of_month(date.month())
    }

    fn of_month(&self, month: Month) -> Option<usize> {
        self.seasons.iter().position(|season| i64::from(season.month) == i64::from(month.of_year()))
    }

    /// Whether the seasons are the twelve months.
    pub(super) fn is_full_year(&self) -> bool {
        self.seasons.len() == 12
    }
}

fn read_seasons(node: &Node, report: &Report) -> Option<Seasons> {
    let definitions = node.object(&keys::SEASON_DEFINITIONS)?;
    let cycle = definitions.required("cycle_type")?;
    if cycle.choice(&[("monthly", true), ("weekly", false), ("custom", false)])? {
        let items = definitions.items("seasons");
        let mut seasons: Vec<(Season, &Node)> =
            items.iter().filter_map(|item| Some((read_season(item)?, item))).collect();
        seasons.sort_by_key(|(season, _)| season.id);
        for pair in seasons.windows(2) {
            if pair[0].0.id == pair[1].0.id {
                report.error(
                    "referential.duplicate_id",
                    pair[1].1.place(),
                    format!("season {} is declared twice", pair[0].0.id),
                );
            }
        }
        let mut months = [false; 12];
        for (season, item) in &seasons {
            let seen = &mut months[(season.month - 1) as usize];
            if *seen {
                report.error("seasons.overlap", item.place(), format!("month {} belongs to two seasons", season.month));
            }
            *seen = true;
        }
        let descents = seasons.windows(2).filter(|pair| pair[0].0.month > pair[1].0.month).count();
        let wraps = seasons.first().zip(seasons.last()).is_some_and(|(a, b)| b.0.month > a.0.month);
        if descents + usize::from(wraps) > 1 {
            node.unsupported("unsupported.season_cycle");
        }
        return Some(Seasons { seasons: seasons.into_iter().map(|(season, _)| season).collect() });
    }
    cycle.unsupported("unsupported.season_cycle");
    None
}

fn read_season(item: &Node) -> Option<Season> {
    let season = item.object(&keys::SEASON)?;
    let id = season.required("id").and_then(|node| node.integer(0, 10_000));
    let label = season.required("label").and_then(|node| node.text());
    let month = season.required("month_start").and_then(|node| node.integer(1, 12));
    Some(Season { id: id? as usize, label: label?.to_owned(), month: month? as u32 })
}

/// The season of a stage: derived from its first day; a declared one must agree.
pub(super) fn resolve(
    declared: Option<(usize, Node)>,
    start: Date,
    seasons: &Seasons,
    report: &Report,
) -> Option<usize> {
    let derived = seasons.of_date(start);
    let Some((id, node)) = declared else {
        return derived;
    };
    let Some(position) = seasons.position(id) else {
        node.invalid("referential.1", "no season has this id");
        return derived;
    };
    if Some(position) != derived {
        let finding =
            Finding::error("seasons.disagree", node.place(), format!("the stage starts on {start}, in another season"));
        report.push(finding.value(id).hint("remove season_id: it is derived from start_date"));
    }
    Some(position)
}
