//! The types that columns have, as drivers of ODBC and JDBC name them.

use arrow_flight::error::Result;
use arrow_flight::sql::metadata::{XdbcTypeInfo, XdbcTypeInfoData, XdbcTypeInfoDataBuilder};
use arrow_flight::sql::{Nullable, Searchable, XdbcDataType};

/// Name, number, digits or characters of a type.
const TYPES: [(&str, XdbcDataType, Option<i32>); 11] = [
    ("BOOLEAN", XdbcDataType::XdbcBit, Some(1)),
    ("TINYINT", XdbcDataType::XdbcTinyint, Some(3)),
    ("SMALLINT", XdbcDataType::XdbcSmallint, Some(5)),
    ("INTEGER", XdbcDataType::XdbcInteger, Some(10)),
    ("BIGINT", XdbcDataType::XdbcBigint, Some(19)),
    ("REAL", XdbcDataType::XdbcReal, Some(24)),
    ("DOUBLE", XdbcDataType::XdbcDouble, Some(53)),
    ("VARCHAR", XdbcDataType::XdbcVarchar, None),
    ("DATE", XdbcDataType::XdbcDate, Some(10)),
    ("TIMESTAMP", XdbcDataType::XdbcTimestamp, Some(29)),
    ("VARBINARY", XdbcDataType::XdbcVarbinary, None),
];

/// What drivers ask of types.
pub(super) fn type_info() -> Result<XdbcTypeInfoData> {
    let mut builder = XdbcTypeInfoDataBuilder::new();
    for (name, number, size) in TYPES {
        let is_quoted =
            matches!(number, XdbcDataType::XdbcVarchar | XdbcDataType::XdbcDate | XdbcDataType::XdbcTimestamp);
        let is_binary_float = matches!(number, XdbcDataType::XdbcReal | XdbcDataType::XdbcDouble);
        let is_number = is_binary_float
            || matches!(
                number,
                XdbcDataType::XdbcTinyint
                    | XdbcDataType::XdbcSmallint
                    | XdbcDataType::XdbcInteger
                    | XdbcDataType::XdbcBigint
            );
        builder.append(XdbcTypeInfo {
            type_name: name.to_owned(),
            data_type: number,
            column_size: size,
            literal_prefix: is_quoted.then(|| "'".to_owned()),
            literal_suffix: is_quoted.then(|| "'".to_owned()),
            create_params: None,
            nullable: Nullable::NullabilityNullable,
            case_sensitive: number == XdbcDataType::XdbcVarchar,
            searchable: if number == XdbcDataType::XdbcVarchar { Searchable::Full } else { Searchable::Basic },
            unsigned_attribute: is_number.then_some(false),
            fixed_prec_scale: false,
            auto_increment: None,
            local_type_name: Some(name.to_owned()),
            minimum_scale: None,
            maximum_scale: None,
            sql_data_type: number,
            datetime_subcode: None,
            num_prec_radix: is_number.then_some(if is_binary_float { 2 } else { 10 }),
            interval_precision: None,
        });
    }
    builder.build()
}
