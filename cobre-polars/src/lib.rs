//! Result tables as Polars frames.
