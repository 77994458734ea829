//! The models that judge the method, judged by hand.

use super::{ExtensiveForm, RandomStudy};
use crate::risk::RiskMeasure;
use crate::stochastic::{OpeningTree, ParModel, ParStage, noise_dimension};
use crate::study::{InflowNonNegativity, Study};
use crate::system::{
    Block, Bus, BusStage, DeficitSegment, Hydro, HydroBlock, HydroPenalties, HydroStage, InitialState, Limits, Stage,
    System, SystemParts, Thermal, ThermalStage, UnitGroup,
};

fn shapes() -> Vec<RandomStudy> {
    let plain = RandomStudy::default();
    let rich = RandomStudy {
        n_hydros: 4,
        n_buses: 3,
        n_blocks: 3,
        n_stages: 14,
        n_openings: 5,
        ar_order: 3,
        load_variation: 0.1,
        annual_discount_rate: 0.1,
        operational_limits: true,
        ..RandomStudy::default()
    };
    (0..5).flat_map(|seed| [RandomStudy { seed, ..plain.clone() }, RandomStudy { seed, ..rich.clone() }]).collect()
}

#[test]
fn random_studies_have_the_shape_asked_for() {
    for shape in shapes() {
        let study = shape.build();
        let system = &study.system;
        assert_eq!((system.n_hydros(), system.n_stages()), (shape.n_hydros, shape.n_stages));
        assert_eq!((system.buses().len(), system.thermals().len()), (shape.n_buses, shape.n_thermals));
        assert_eq!(system.lines().len(), shape.n_buses - 1);
        assert_eq!(study.inflow.max_order, shape.ar_order);
        assert_eq!(study.inflow.stages.len(), shape.n_stages);
        assert_eq!(study.openings.n_stages(), shape.n_stages);
        assert_eq!(study.openings.dimension(), noise_dimension(system));
        let n_loads = if shape.load_variation > 0.0 { shape.n_buses } else { 0 };
        assert_eq!(noise_dimension(system), shape.n_hydros + n_loads);
        for (t, stage) in system.stages().iter().enumerate() {
            assert_eq!(study.openings.n_openings(t), shape.n_openings);
            assert_eq!(stage.blocks.len(), shape.n_blocks);
            assert!((stage.hours() - 720.0).abs() < 1e-9, "stage {t} has {} hours", stage.hours());
            assert!((stage.discount_factor < 1.0) == (shape.annual_discount_rate > 0.0), "stage {t}");
        }
    }
}

#[test]
fn random_studies_can_always_go_on() {
    for shape in shapes() {
        let study = shape.build();
        for bus in study.system.buses() {
            let costs: Vec<f64> = bus.deficit_segments.iter().map(|segment| segment.cost_per_mwh).collect();
            assert!(costs.is_sorted(), "{costs:?}");
            assert_eq!(bus.deficit_segments.last().map(|segment| segment.depth_mw), Some(f64::INFINITY));
        }
        for (hydro, &initial) in study.system.hydros().iter().zip(&study.system.initial().storage_hm3) {
            let limits = hydro.stages[0].storage_hm3;
            assert!(limits.min < initial && initial < limits.max, "{initial} is not inside {limits:?}");
            assert!(hydro.stages.iter().all(|stage| stage.blocks[0].spillage_m3s.max.is_infinite()));
        }
        for (t, plants) in study.inflow.stages.iter().enumerate() {
            for par in plants {
                assert!(par.sigma_m3s > 0.0 && par.psi.iter().all(|psi| *psi > 0.0), "stage {t}: {par:?}");
            }
        }
    }
}

#[test]
fn equal_seeds_give_equal_studies() {
    let mut others: Vec<Study> = Vec::new();
    for shape in shapes() {
        let study = shape.build();
        assert!(study == shape.build(), "seed {}", shape.seed);
        let repeated = |other: &Study| {
            other.system == study.system || other.inflow == study.inflow || other.openings == study.openings
        };
        assert!(!others.iter().any(repeated), "seed {} repeats a study", shape.seed);
        others.push(study);
    }
}

/// One stage per month of 10⁶/3600 hours: 1 m³/s brings 1 hm³.
const HOURS: f64 = 1e6 / 3600.0;

/// One bus with a demand of 10 MW; a thermal plant of 6 MW at 10 $/MWh; deficit at 100 $/MWh; a reservoir with 8 hm³ of
/// water, 1 MW per m³/s. Inflow is 4 m³/s at the first stage, `2 + 0.5·lag + 4·η` = 0 or 8 m³/s at the second.
fn two_stages(discount_factor: f64, risk_measure: RiskMeasure) -> Study {
    let stage = |id| Stage {
        id,
        start_day: 30 * id,
        end_day: 30 * id + 30,
        season: None,
        blocks: vec![Block { name: "all".into(), hours: HOURS }],
        discount_factor,
        risk_measure,
    };
    let load = BusStage { load_mean_mw: 10.0, load_std_mw: 0.0, load_factors: vec![1.0], excess_cost_per_mwh: 0.0 };
    let bus = Bus {
        id: 1,
        name: "bus".into(),
        deficit_segments: vec![DeficitSegment { depth_mw: f64::INFINITY, cost_per_mwh: 100.0 }],
        stages: vec![load; 2],
    };
    let unit = ThermalStage { cost_per_mwh: 10.0, generation_mw: vec![Limits::new(0.0, 6.0)] };
    let thermal = Thermal { id: 1, name: "thermal".into(), bus: 0, stages: vec![unit; 2] };
    let (flow, any) = (Limits::new(0.0, 50.0), Limits::new(0.0, f64::INFINITY));
    let block = HydroBlock {
        turbined_m3s: flow,
        generation_mw: flow,
        outflow_m3s: any,
        spillage_m3s: any,
        diversion_m3s: Limits::new(0.0, 0.0),
    };
    let plant = HydroStage {
        productivity_mw_per_m3s: 1.0,
        storage_hm3: Limits::new(0.0, 100.0),
        water_withdrawal_m3s: 0.0,
        penalties: HydroPenalties::default(),
        blocks: vec![block],
    };
    let units = UnitGroup { id: 0, name: "units".into(), bus: 0, turbined_m3s: flow, generation_mw: flow };
    let hydro = Hydro {
        id: 1,
        name: "hydro".into(),
        downstream: None,
        diversion_downstream: None,
        unit_groups: vec![units],
        stages: vec![plant; 2],
    };
    let initial = InitialState { storage_hm3: vec![8.0], inflow_lags_m3s: vec![vec![70.0]] };
    let parts = SystemParts {
        stages: vec![stage(0), stage(1)],
        buses: vec![bus],
        lines: Vec::new(),
        thermals: vec![thermal],
        hydros: vec![hydro],
        initial,
    };
    let first = ParStage { base_m3s: 4.0, sigma_m3s: 0.0, psi: Vec::new() };
    let second = ParStage { base_m3s: 2.0, sigma_m3s: 4.0, psi: vec![0.5] };
    Study {
        system: System::new(parts).expect("two stages"),
        inflow: ParModel { stages: vec![vec![first], vec![second]], max_order: 1 },
        openings: OpeningTree::from_values(1, vec![vec![0.0], vec![-1.0, 1.0]]).expect("openings"),
        inflow_non_negativity: InflowNonNegativity::None,
        cost_scale_factor: 7.0,
    }
}

mod by_hand {
    use super::*;
    use crate::solver::Highs;

    /// $ per hour.
    fn optimum(study: &Study) -> f64 {
        ExtensiveForm::optimum(study, &mut Highs::new()).expect("extensive form") / HOURS
    }

    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9 * expected, "{found} where {expected} was expected");
    }

    /// Turbining q of the 12 hm³ at the first stage costs 10·(10 − q) there for q ≥ 4. At the second stage the wet
    /// opening then costs nothing for q ≤ 10, the dry one 10·(q − 2) for q ≤ 8, and 60 + 100·(q − 8) beyond.
    #[test]
    fn a_problem_of_two_stages() {
        // 10·(10 − q) + ½·10·(q − 2) = 90 − 5·q falls up to q = 8, and rises by 40 per unit beyond.
        assert_close(optimum(&two_stages(1.0, RiskMeasure::Expectation)), 50.0);
        // Half of the future: 20 + ½·30 at q = 8; beyond, −10 + ½·50 per unit.
        assert_close(optimum(&two_stages(0.5, RiskMeasure::Expectation)), 35.0);
        // The worse half alone is the dry opening: 10·(10 − q) + 10·(q − 2) for q between 4 and 8.
        assert_close(optimum(&two_stages(1.0, RiskMeasure::Cvar { alpha: 0.5, lambda: 1.0 })), 80.0);
        // Half of each: at q = 8, 20 + ½·(30 + 60).
        assert_close(optimum(&two_stages(1.0, RiskMeasure::Cvar { alpha: 0.5, lambda: 0.5 })), 65.0);
        // A tail of three quarters: (½·60 + ¼·0)/¾ = 40 at q = 8; beyond, −10 + ⅔·100 per unit; before, −10 + ⅔·10.
        assert_close(optimum(&two_stages(1.0, RiskMeasure::Cvar { alpha: 0.75, lambda: 1.0 })), 60.0);
    }

    #[test]
    fn a_cost_to_go_depends_on_storage_and_lag() {
        let study = two_stages(1.0, RiskMeasure::Expectation);
        let cost = |storage: f64, lag: f64| {
            let value = ExtensiveForm::value(&study, 1, &[storage], &[vec![lag]], &mut Highs::new());
            value.expect("extensive form") / HOURS
        };
        // Dry: 4 + 0, 60 $; wet: 4 + 8, nothing.
        assert_close(cost(4.0, 4.0), 30.0);
        // Dry: 1 + 0, 60 + 300; wet: 1 + 8, 10.
        assert_close(cost(1.0, 4.0), 185.0);
        // Two units of lag more bring one hm³ in either opening: 60 + 200 and nothing.
        assert_close(cost(1.0, 6.0), 130.0);
    }

    #[test]
    fn negative_inflow_is_taken_cut_off_or_made_up() {
        let mut study = two_stages(1.0, RiskMeasure::Expectation);
        study.openings = OpeningTree::from_values(1, vec![vec![0.0], vec![-2.0, 1.0]]).expect("openings");
        // The dry inflow is −4: of 12 hm³ only 8 can be used, so 10·(10 − q) + ½·(60 + 100·(q − 4)) rises from q = 4 on:
        // 60 + ½·60. Before, deficit costs 100.
        assert_close(optimum(&study), 90.0);
        // Cut off, it is zero again.
        study.inflow_non_negativity = InflowNonNegativity::Truncation;
        assert_close(optimum(&study), 50.0);
        // Made up at 1 $ per m³/s and hour, water replaces all that costs more.
        study.inflow_non_negativity = InflowNonNegativity::Penalty;
        let mut parts = SystemParts {
            stages: study.system.stages().to_vec(),
            buses: study.system.buses().to_vec(),
            lines: Vec::new(),
            thermals: study.system.thermals().to_vec(),
            hydros: study.system.hydros().to_vec(),
            initial: study.system.initial().clone(),
        };
        for stage in &mut parts.hydros[0].stages {
            stage.penalties.inflow_nonnegativity_cost = 1.0;
        }
        study.system = System::new(parts).expect("two stages");
        // Turbining ten leaves 2 hm³. Dry: 2 − 4 leaves 12 to buy; wet: 2 + 8 is just enough. ½·12 $.
        assert_close(optimum(&study), 6.0);
    }
}
