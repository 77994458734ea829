mod pool;
mod selection;
