//! Policies of trained studies: stored, read, resumed, brought to other studies, shown and compared.

mod adaptation;
mod comparison;
mod damage;
mod files;
mod round_trip;
mod summary;
mod value;
