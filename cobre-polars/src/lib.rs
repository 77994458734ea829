//! Result tables as Polars frames that share their memory.
//!
//! Batches go through the Arrow C data interface: columns of numbers, truth values and times keep their buffers, texts
//! become views (a copy), because Polars knows no other texts. A frame has one chunk per batch; none is joined with
//! another.
//!
//! ```
//! use std::sync::Arc;
//! use arrow::array::{ArrayRef, Float64Array, RecordBatch};
//!
//! let storage: ArrayRef = Arc::new(Float64Array::from(vec![410.0, 395.5]));
//! let batch = RecordBatch::try_from_iter([("storage_final_hm3", storage)])?;
//! let frame = cobre_polars::to_dataframe(&batch.schema(), &[batch])?;
//! assert_eq!(frame.height(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bridge;
mod error;
mod frame;
mod lazy;
mod run_scan;

pub use error::FrameError;
pub use frame::to_dataframe;
pub use lazy::LazyTables;
