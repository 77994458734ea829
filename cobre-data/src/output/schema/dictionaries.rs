use super::{Column, ColumnType, Table, TablePhase};

/// Resolved limits, one row per (entity, stage, kind of limit), or per block where blocks differ.
pub static BOUNDS: Table = Table {
    phase: TablePhase::Dictionaries,
    name: "bounds",
    schema_version: 1,
    description: "Limits of the entities as the stage problems use them, after all defaults and overrides. Codes are \
                  those of `dictionaries/codes.json`. Limits without effect (an infinite maximum) have no row.",
    partition_by: &[],
    sort_by: &["entity_type_code"],
    columns: &[
        Column::new("entity_type_code", ColumnType::Int8, "", "Kind of the entity."),
        Column::id("entity_id", "Label of the entity; of a unit group, unique within its plant."),
        Column::id("hydro_id", "Label of the plant of a unit group; null for other entities.").nullable(),
        Column::id("stage_id", "Label of the stage."),
        Column::id("block_id", "Load block, 0-based; null where the limit holds in every block.").nullable(),
        Column::new("bound_type_code", ColumnType::Int8, "", "Kind of the limit."),
        Column::new(
            "bound_value",
            ColumnType::Float64,
            "varies",
            "Limit: hm3 for storage, m3/s for water, MW for generation and flow over a line.",
        ),
    ],
};
