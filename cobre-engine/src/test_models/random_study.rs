use crate::risk::RiskMeasure;
use crate::stochastic::{
    Correlation, CorrelationGroup, InflowData, InflowStatistics, NoiseStream, OpeningMethod, OpeningTree, ParModel,
    noise_dimension,
};
use crate::study::{InflowNonNegativity, Study};
use crate::system::{
    Block, Bus, BusStage, DeficitSegment, Hydro, HydroBlock, HydroPenalties, HydroStage, InitialState, Limits, Line,
    LineLimits, LineStage, Stage, System, SystemParts, Thermal, ThermalStage, UnitGroup,
};

/// Shape of a random study.
#[derive(Debug, Clone)]
pub struct RandomStudy {
    /// Seed; equal seeds give equal studies.
    pub seed: u64,
    /// Plants; every second one drains into the next.
    pub n_hydros: usize,
    /// Thermal plants.
    pub n_thermals: usize,
    /// Buses, joined in a chain.
    pub n_buses: usize,
    /// Blocks per stage.
    pub n_blocks: usize,
    /// Monthly stages.
    pub n_stages: usize,
    /// Openings per stage.
    pub n_openings: usize,
    /// Autoregressive order.
    pub ar_order: usize,
    /// Coefficient of variation of the inflow.
    pub inflow_variation: f64,
    /// Coefficient of variation of the demand; 0 makes it deterministic.
    pub load_variation: f64,
    /// Treatment of negative inflow.
    pub non_negativity: InflowNonNegativity,
    /// Annual discount rate.
    pub annual_discount_rate: f64,
    /// Risk measure of stage `t`.
    pub risk_measure: fn(usize) -> RiskMeasure,
    /// Whether plants have minimum and maximum outflows, soft minima and withdrawals.
    pub operational_limits: bool,
}

impl Default for RandomStudy {
    fn default() -> Self {
        Self {
            seed: 1,
            n_hydros: 2,
            n_thermals: 3,
            n_buses: 1,
            n_blocks: 1,
            n_stages: 4,
            n_openings: 3,
            ar_order: 0,
            inflow_variation: 0.4,
            load_variation: 0.0,
            non_negativity: InflowNonNegativity::Penalty,
            annual_discount_rate: 0.0,
            risk_measure: |_| RiskMeasure::Expectation,
            operational_limits: false,
        }
    }
}

struct Draws {
    stream: NoiseStream,
    next: u32,
}

impl Draws {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.next += 1;
        low + (high - low) * self.stream.uniform([self.next, 0, 0, 0]).0
    }
}

impl RandomStudy {
    /// Builds the study. Every study has complete recourse: demand can be left unserved, water can be spilled, and
    /// negative inflow is either made up, cut off, or too small to empty a reservoir.
    ///
    /// # Panics
    /// When the shape makes no valid study: no stage, no bus.
    pub fn build(&self) -> Study {
        let mut draws = Draws { stream: NoiseStream::new(self.seed), next: 0 };
        let stages = self.stages();
        let buses = self.buses(&mut draws);
        let lines = self.lines(&mut draws);
        let thermals = self.thermals(&mut draws);
        let hydros = self.hydros(&stages, &mut draws);
        let inflow_data = self.inflow(&mut draws);
        let initial = InitialState {
            storage_hm3: hydros.iter().map(|hydro| hydro.stages[0].storage_hm3.max * draws.between(0.3, 0.6)).collect(),
            inflow_lags_m3s: (0..self.n_hydros)
                .map(|_| (0..self.ar_order.max(1)).map(|_| draws.between(20.0, 160.0)).collect())
                .collect(),
        };
        let parts = SystemParts { stages, buses, lines, thermals, hydros, initial };
        let system = System::new(parts).unwrap_or_else(|errors| panic!("random study is not valid: {errors:?}"));
        let labels: Vec<_> = system.stages().iter().map(|stage| (stage.id, stage.season)).collect();
        let inflow =
            ParModel::build(&inflow_data, &labels).unwrap_or_else(|error| panic!("random inflow model: {error}"));
        let dimension = noise_dimension(&system);
        let shape: Vec<_> = labels.iter().map(|&(id, _)| (id, self.n_openings, OpeningMethod::Saa)).collect();
        let openings = OpeningTree::generate(self.seed, dimension, &shape, &self.correlation())
            .unwrap_or_else(|error| panic!("random openings: {error}"));
        Study { system, inflow, openings, inflow_non_negativity: self.non_negativity, cost_scale_factor: 1e3 }
    }

    fn stages(&self) -> Vec<Stage> {
        (0..self.n_stages)
            .map(|t| Stage {
                id: t as i32,
                start_day: 20_000 + 30 * t as i32,
                end_day: 20_030 + 30 * t as i32,
                season: Some(t % 12),
                blocks: (0..self.n_blocks)
                    .map(|k| Block { name: format!("B{k}"), hours: 720.0 * (1.0 + k as f64) / self.n_hours() })
                    .collect(),
                discount_factor: (1.0 + self.annual_discount_rate).powf(-30.0 / 365.25),
                risk_measure: (self.risk_measure)(t),
            })
            .collect()
    }

    fn n_hours(&self) -> f64 {
        (1..=self.n_blocks).sum::<usize>() as f64
    }

    fn buses(&self, draws: &mut Draws) -> Vec<Bus> {
        (0..self.n_buses)
            .map(|b| {
                let mean = draws.between(150.0, 260.0) * (self.n_hydros as f64 / self.n_buses as f64).max(0.5);
                Bus {
                    id: b as i32,
                    name: format!("bus {b}"),
                    deficit_segments: vec![
                        DeficitSegment { depth_mw: 0.1 * mean, cost_per_mwh: draws.between(300.0, 600.0) },
                        DeficitSegment { depth_mw: f64::INFINITY, cost_per_mwh: draws.between(1000.0, 2000.0) },
                    ],
                    stages: (0..self.n_stages)
                        .map(|_| {
                            let mean = mean * draws.between(0.9, 1.1);
                            BusStage {
                                load_mean_mw: mean,
                                load_std_mw: self.load_variation * mean,
                                load_factors: (0..self.n_blocks).map(|_| draws.between(0.8, 1.2)).collect(),
                                excess_cost_per_mwh: 0.5,
                            }
                        })
                        .collect(),
                }
            })
            .collect()
    }

    fn lines(&self, draws: &mut Draws) -> Vec<Line> {
        (1..self.n_buses)
            .map(|b| Line {
                id: b as i32,
                name: format!("line {b}"),
                source_bus: b - 1,
                target_bus: b,
                losses_percent: 0.0,
                stages: (0..self.n_stages)
                    .map(|_| LineStage {
                        exchange_cost_per_mwh: 0.3,
                        blocks: (0..self.n_blocks)
                            .map(|_| LineLimits {
                                direct_mw: draws.between(20.0, 80.0),
                                reverse_mw: draws.between(20.0, 80.0),
                            })
                            .collect(),
                    })
                    .collect(),
            })
            .collect()
    }

    fn thermals(&self, draws: &mut Draws) -> Vec<Thermal> {
        (0..self.n_thermals)
            .map(|i| {
                let capacity = draws.between(20.0, 60.0);
                let minimum = if i == 0 { 5.0 } else { 0.0 };
                let cost = 10.0 + 35.0 * i as f64 + draws.between(0.0, 20.0);
                Thermal {
                    id: i as i32,
                    name: format!("thermal {i}"),
                    bus: i % self.n_buses,
                    stages: vec![
                        ThermalStage {
                            cost_per_mwh: cost,
                            generation_mw: vec![Limits::new(minimum, capacity); self.n_blocks],
                        };
                        self.n_stages
                    ],
                }
            })
            .collect()
    }

    fn hydros(&self, stages: &[Stage], draws: &mut Draws) -> Vec<Hydro> {
        (0..self.n_hydros)
            .map(|h| {
                let capacity = draws.between(120.0, 200.0);
                let rho = draws.between(0.5, 1.2);
                let volume = draws.between(300.0, 700.0);
                let minimum = if self.operational_limits { 15.0 } else { 0.0 };
                let block = HydroBlock {
                    turbined_m3s: Limits::new(minimum, capacity),
                    generation_mw: Limits::new(minimum * 0.9, capacity * rho),
                    outflow_m3s: Limits::new(
                        2.0 * minimum,
                        if self.operational_limits { 300.0 } else { f64::INFINITY },
                    ),
                    spillage_m3s: Limits::new(0.0, f64::INFINITY),
                    diversion_m3s: Limits::new(0.0, if self.operational_limits && h == 0 { 20.0 } else { 0.0 }),
                };
                let downstream = (h % 2 == 0 && h + 1 < self.n_hydros).then_some(h + 1);
                Hydro {
                    id: h as i32,
                    name: format!("hydro {h}"),
                    downstream,
                    diversion_downstream: (self.operational_limits && h == 0).then_some(downstream).flatten(),
                    unit_groups: vec![UnitGroup {
                        id: 0,
                        name: "units".into(),
                        bus: h % self.n_buses,
                        turbined_m3s: Limits::new(0.0, capacity),
                        generation_mw: Limits::new(0.0, capacity * rho),
                    }],
                    stages: stages
                        .iter()
                        .map(|_| HydroStage {
                            productivity_mw_per_m3s: rho,
                            storage_hm3: Limits::new(0.0, volume),
                            water_withdrawal_m3s: if self.operational_limits { draws.between(-5.0, 10.0) } else { 0.0 },
                            penalties: HydroPenalties {
                                spillage_cost: 0.01,
                                turbined_cost: 0.02,
                                diversion_cost: 0.05,
                                turbined_violation_below_cost: 40.0,
                                outflow_violation_below_cost: 60.0,
                                outflow_violation_above_cost: 70.0,
                                generation_violation_below_cost: 80.0,
                                water_withdrawal_violation_pos_cost: 300.0,
                                water_withdrawal_violation_neg_cost: 400.0,
                                inflow_nonnegativity_cost: 1500.0,
                            },
                            blocks: vec![block.clone(); self.n_blocks],
                        })
                        .collect(),
                }
            })
            .collect()
    }

    fn inflow(&self, draws: &mut Draws) -> InflowData {
        let plants = (0..self.n_hydros)
            .map(|_| {
                let level = draws.between(50.0, 110.0);
                (0..12)
                    .map(|season| {
                        let mean = level * draws.between(0.6, 1.4);
                        InflowStatistics {
                            stage_id: season - 12,
                            season: Some(season as usize),
                            mean_m3s: mean,
                            std_m3s: self.inflow_variation * mean,
                            coefficients: (0..self.ar_order)
                                .map(|l| draws.between(0.1, 0.6) / (1.0 + l as f64 * 2.0))
                                .collect(),
                        }
                    })
                    .collect::<Vec<_>>()
            })
            .map(|seasons| {
                let study =
                    (0..self.n_stages).map(|t| InflowStatistics { stage_id: t as i32, ..seasons[t % 12].clone() });
                study.chain(seasons.iter().cloned()).collect()
            })
            .collect();
        InflowData { plants, n_seasons: 12 }
    }

    fn correlation(&self) -> Correlation {
        let n = self.n_hydros;
        let matrix = (0..n * n).map(|i| if i / n == i % n { 1.0 } else { 0.5 }).collect();
        let group = CorrelationGroup { components: (0..n).collect(), matrix };
        Correlation { profiles: vec![vec![group]], stage_profile: vec![Some(0); self.n_stages] }
    }
}
