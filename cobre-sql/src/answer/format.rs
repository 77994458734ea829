use std::str::FromStr;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnswerFormat {
    /// A table of text, for people. It is drawn when the last row is known.
    #[default]
    Table,
    /// Comma-separated values with a header; nothing for null.
    Csv,
    /// One JSON object per line, null included; what is no number in JSON, such as infinity, is null.
    Json,
    /// A Parquet file, Zstandard compressed.
    Parquet,
}

impl AnswerFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Table, Self::Csv, Self::Json, Self::Parquet];

    /// The name that [`FromStr`] reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Parquet => "parquet",
        }
    }
}

impl FromStr for AnswerFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|format| format.name() == name);
        known.ok_or_else(|| format!("unknown format `{name}`, expected one of table, csv, json, parquet"))
    }
}
