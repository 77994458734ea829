use arrow::datatypes::Field;
use pyo3::prelude::*;

/// Key of a column's unit in the metadata of its Arrow field.
pub(super) const UNIT: &str = "unit";

/// Key of what a column means.
pub(super) const DESCRIPTION: &str = "description";

/// What a column of a table is.
#[pyclass(module = "cobre", frozen, eq, skip_from_py_object)]
#[derive(Clone, PartialEq)]
pub(crate) struct Column {
    /// Its name.
    #[pyo3(get)]
    name: String,
    /// Its Arrow type.
    #[pyo3(get, name = "type")]
    data_type: String,
    #[pyo3(get)]
    nullable: bool,
    #[pyo3(get)]
    unit: Option<String>,
    #[pyo3(get)]
    description: Option<String>,
}

impl Column {
    pub(super) fn of(field: &Field) -> Self {
        let said = |key: &str| field.metadata().get(key).cloned();
        Self {
            name: field.name().clone(),
            data_type: field.data_type().to_string(),
            nullable: field.is_nullable(),
            unit: said(UNIT),
            description: said(DESCRIPTION),
        }
    }
}

#[pymethods]
impl Column {
    fn __repr__(&self) -> String {
        let Self { name, data_type, nullable, unit, description } = self;
        let null = if *nullable { ", nullable" } else { "" };
        let unit = unit.as_ref().map(|unit| format!(", {unit}")).unwrap_or_default();
        let meaning = description.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
        format!("Column({name}, {data_type}{null}{unit}{meaning})")
    }
}
