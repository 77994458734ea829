mod evaluation;
mod pool;
mod selection;
