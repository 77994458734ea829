use crate::risk::RiskMeasure;

/// A load block: a share of the stage with one demand level.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Name, for outputs.
    pub name: String,
    /// Duration (h); it alone enters the equations, whatever the calendar says.
    pub hours: f64,
}

impl Block {
    /// Volume of one m³/s flowing through the block: `τ = hours·3600/10⁶` (hm³ per m³/s).
    pub fn hm3_per_m3s(&self) -> f64 {
        self.hours * 3600.0 / 1e6
    }
}

/// A stage: the period between two decisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Label in the data.
    pub id: i32,
    /// First day, in days since 1970-01-01.
    pub start_day: i32,
    /// Day after the last day, in days since 1970-01-01.
    pub end_day: i32,
    /// Season (position in the cycle of the inflow model), if the study declares seasons.
    pub season: Option<usize>,
    /// Parallel load blocks.
    pub blocks: Vec<Block>,
    /// One-step discount factor `d_t` on the cost-to-go of this stage, in (0, 1].
    pub discount_factor: f64,
    /// Risk measure of the cost-to-go held by this stage, taken over the openings of the next stage. The measure of
    /// the first stage is also the one of the lower bound.
    pub risk_measure: RiskMeasure,
}

impl Stage {
    /// Sum of the block durations (h).
    pub fn hours(&self) -> f64 {
        self.blocks.iter().map(|block| block.hours).sum()
    }
    /// Volume of one m³/s flowing through the whole stage: `ζ = Σ τ` (hm³ per m³/s).
    pub fn hm3_per_m3s(&self) -> f64 {
        self.blocks.iter().map(Block::hm3_per_m3s).sum()
    }
}
