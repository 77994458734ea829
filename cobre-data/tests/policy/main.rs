//! The policy format: what is written is read again, for ever, and hostile bytes are refused.

mod fixture;
mod golden;
mod hostile;
mod round_trip;
