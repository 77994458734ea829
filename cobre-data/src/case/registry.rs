//! Registries: the entities of one class, in canonical order.

use std::collections::{BTreeMap, BTreeSet};

use super::cursor::{Node, Object};
use super::date::Date;
use super::files::CaseFiles;
use super::finding::{Finding, Place, Report};
use super::keys::Shape;
use super::stages::Stages;

/// An entity: what all classes have in common, and the rest.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entity<T> {
    pub(super) id: i32,
    pub(super) name: String,
    pub(super) start: Date,
    pub(super) place: Place,
    pub(super) data: T,
}

/// The entities of one class, by (operational start date, id).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Registry<T> {
    entities: Vec<Entity<T>>,
    positions: BTreeMap<i32, usize>,
    declared: BTreeSet<i32>,
    /// Whether `declared` holds every id of the file.
    complete: bool,
}

impl<T> Registry<T> {
    /// Reads the registry in `root.file`: the array `key` of objects of the shape `item`.
    pub(super) fn read(
        files: &CaseFiles,
        root: &'static Shape,
        key: &'static str,
        item: &'static Shape,
        report: &Report,
        read_rest: impl Fn(&Object) -> Option<T>,
    ) -> Self {
        let mut registry =
            Self { entities: Vec::new(), positions: BTreeMap::new(), declared: BTreeSet::new(), complete: false };
        let Some(json) = files.json(root.file, report) else {
            return registry;
        };
        let array = Node::root(&json, root.file, report).object(root).and_then(|object| object.required(key));
        let Some(items) = array.and_then(|array| array.items()) else {
            return registry;
        };
        registry.complete = true;
        for node in items {
            let Some(object) = node.object(item) else {
                registry.complete = false;
                continue;
            };
            let id = object.id("id");
            let name = object.required("name").and_then(|name| name.text());
            let start = object.required("operational_start_date").and_then(|date| date.date());
            let data = read_rest(&object);
            match id {
                None => registry.complete = false,
                Some(id) if !registry.declared.insert(id) => {
                    let finding = Finding::error("referential.duplicate_id", node.place(), "the id is declared twice");
                    report.push(finding.value(id));
                }
                Some(id) => {
                    if let (Some(name), Some(start), Some(data)) = (name, start, data) {
                        let place = node.place().clone();
                        registry.entities.push(Entity { id, name: name.to_owned(), start, place, data });
                    }
                }
            }
        }
        registry.entities.sort_by_key(|entity| (entity.start, entity.id));
        registry.positions = registry.entities.iter().enumerate().map(|(i, entity)| (entity.id, i)).collect();
        registry
    }

    /// The entities that were read without errors, in canonical order.
    pub(super) fn entities(&self) -> &[Entity<T>] {
        &self.entities
    }

    /// Number of entities.
    pub(super) fn len(&self) -> usize {
        self.entities.len()
    }

    /// Position of an entity.
    pub(super) fn position(&self, id: i32) -> Option<usize> {
        self.positions.get(&id).copied()
    }

    /// Whether the id may exist: it is declared, or the registry could not be read in full.
    pub(super) fn knows(&self, id: i32) -> bool {
        !self.complete || self.declared.contains(&id)
    }

    /// Reports a reference to an id that does not exist.
    pub(super) fn check(&self, id: i32, class: &str, place: &Place, report: &Report) -> bool {
        let known = self.knows(id);
        if !known {
            let finding = Finding::error("referential.1", place, format!("there is no {class} with this id"));
            report.push(finding.value(id));
        }
        known
    }
}

/// The stages during which equipment is in operation: `entry ≤ stage id < exit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operation {
    entry: Option<i32>,
    exit: Option<i32>,
}

impl Operation {
    /// Reads `entry_stage_id` and `exit_stage_id`.
    pub(super) fn read(object: &Object) -> Self {
        let (entry, exit) = (object.optional_id("entry_stage_id"), object.optional_id("exit_stage_id"));
        if let (Some(entry), Some(exit)) = (entry, exit)
            && entry >= exit
        {
            let message = format!("the entry stage {entry} is not before the exit stage {exit}");
            object.report().error("semantic.5a.6", object.place(), message);
        }
        Self { entry, exit }
    }

    /// Whether the equipment is in operation at the stage with this id.
    pub(super) fn includes(self, stage_id: i32) -> bool {
        self.entry.is_none_or(|entry| entry <= stage_id) && self.exit.is_none_or(|exit| stage_id < exit)
    }

    /// Whether it is in operation at every stage of the study.
    pub(super) fn covers(self, stages: &Stages) -> bool {
        stages.study.iter().all(|stage| self.includes(stage.stage.id))
    }
}
