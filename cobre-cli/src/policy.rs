use std::process::ExitCode;

use cobre_data::policy::{StateComponent, StoredPolicy, compare, describe};
use cobre_data::runner::open_policy;
use cobre_data::store::Location;
use serde_json::json;

use crate::args::{PolicyCommand, PolicyCompareOptions, PolicyShowOptions, StoreArguments};
use crate::events::print_line;
use crate::failure::Failure;

pub(crate) fn policy(command: &PolicyCommand) -> Result<ExitCode, Failure> {
    match command {
        PolicyCommand::Show(options) => show(options),
        PolicyCommand::Compare(options) => compare_two(options),
    }
}

fn open(place: &str, arguments: &StoreArguments) -> Result<StoredPolicy, Failure> {
    Ok(open_policy(&Location::parse(place)?, &arguments.options()?)?)
}

fn show(options: &PolicyShowOptions) -> Result<ExitCode, Failure> {
    let policy = open(&options.policy, &options.store)?;
    let (Some(stage), Some(state)) = (options.stage, &options.state) else {
        let summary = describe(&policy);
        print_line(&if options.json { json!(summary).to_string() } else { summary.to_string() });
        return Ok(ExitCode::SUCCESS);
    };
    let Some(stage_index) = policy.stage_index(stage) else {
        let known: Vec<String> = policy.manifest().stages.iter().map(|stage| stage.id.to_string()).collect();
        return Err(refused(format!("the policy has no stage {stage}; its stages are {}", known.join(", "))));
    };
    let value = policy.value_at(stage_index, &parse_state(state, &policy)?)?;
    print_line(&if options.json { json!(value).to_string() } else { value.to_string() });
    Ok(ExitCode::SUCCESS)
}

fn compare_two(options: &PolicyCompareOptions) -> Result<ExitCode, Failure> {
    let (first, second) = (open(&options.first, &options.store)?, open(&options.second, &options.store)?);
    let comparison = compare(&first, &second, &[])?;
    print_line(&if options.json { json!(comparison).to_string() } else { comparison.to_string() });
    Ok(ExitCode::SUCCESS)
}

/// The state vector that `KIND:ID[:LAG]=VALUE,…` means.
fn parse_state(text: &str, policy: &StoredPolicy) -> Result<Vec<f64>, Failure> {
    let manifest = policy.manifest();
    let mut state = manifest.initial_state.clone();
    for entry in text.split(',').filter(|entry| !entry.trim().is_empty()) {
        let (name, value) =
            entry.split_once('=').ok_or_else(|| refused(format!("{entry} is not of the form KIND:ID[:LAG]=VALUE")))?;
        let value: f64 = value.trim().parse().map_err(|_| refused(format!("{value} is not a number")))?;
        let index = manifest.components.iter().position(|component| label(component) == name.trim());
        let Some(index) = index else {
            let known: Vec<String> = manifest.components.iter().take(8).map(label).collect();
            return Err(refused(format!("the policy's state has no {name}; it has {} …", known.join(", "))));
        };
        state[index] = value;
    }
    Ok(state)
}

/// How a component is named on the command line.
fn label(component: &StateComponent) -> String {
    match component.lag {
        0 => format!("{}:{}", component.kind.name(), component.entity_id),
        lag => format!("{}:{}:{lag}", component.kind.name(), component.entity_id),
    }
}

fn refused(message: String) -> Failure {
    Failure::Arguments { message }
}
