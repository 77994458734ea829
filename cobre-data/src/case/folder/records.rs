use arrow::array::RecordBatch;

use super::super::CaseError;
use super::super::json::Json;
use super::{CaseFolder, columns, edit, rows};

impl CaseFolder {
    /// Makes the rows of `batches` the array `key` of the JSON file `path`, e.g. `hydros` of `system/hydros.json`; the rest
    /// of the file stays, and a file that is not there begins with the array.
    ///
    /// A row becomes an object. Struct columns become objects and list columns arrays; a column named `a.b` becomes the
    /// member `b` of an object `a`; a null leaves its key out. Numbers keep their bits.
    ///
    /// # Errors
    /// [`CaseError::Edit`] when the file is no JSON object, or a column does not fit: a type that JSON has no value for, a
    /// number that is not finite, two columns for one member.
    pub fn insert_records(&mut self, path: &str, key: &str, batches: &[RecordBatch]) -> Result<(), CaseError> {
        let mut items = Vec::new();
        for batch in batches {
            items.extend(rows::objects(batch).map_err(|message| edit(path, format!("{key}: {message}")))?);
        }
        let mut members = self.members(path)?.unwrap_or_default();
        match members.iter_mut().find(|member| member.0 == key) {
            Some(member) => member.1 = Json::Array(items),
            None => members.push((key.to_owned(), Json::Array(items))),
        }
        self.insert_json(path, &Json::Object(members))
    }

    /// The objects of the array `key` of the JSON file `path` as rows: what [`insert_records`](Self::insert_records) takes.
    ///
    /// Members of objects in objects are columns named `a.b`; objects in arrays are structs. Columns come in the order in
    /// which their keys are first seen, with the types that the values have in common: `Int64`, or `Float64` where a
    /// number has a fraction, `Utf8`, `Boolean`, lists. A column without a value is `Int64`: not every library hands
    /// columns of type `Null` on. Null, an empty object and no value are the same.
    ///
    /// # Errors
    /// [`CaseError::Edit`] when there is no such file or array, or its items are not objects with values of the same types.
    pub fn records(&self, path: &str, key: &str) -> Result<RecordBatch, CaseError> {
        let members = self.members(path)?.ok_or_else(|| edit(path, "there is no such file in the case"))?;
        match members.iter().find(|member| member.0 == key) {
            Some((_, Json::Array(items))) => {
                columns::batch(items).map_err(|message| edit(path, format!("{key}: {message}")))
            }
            Some((_, other)) => Err(edit(path, format!("{key} is {}, expected an array", other.kind()))),
            None => Err(edit(path, format!("the file has no array {key}"))),
        }
    }

    /// The members of a JSON file; none when there is no such file.
    fn members(&self, path: &str) -> Result<Option<Vec<(String, Json)>>, CaseError> {
        match self.json(path)? {
            None => Ok(None),
            Some(Json::Object(members)) => Ok(Some(members)),
            Some(other) => Err(edit(path, format!("the file holds {}, expected an object", other.kind()))),
        }
    }
}
