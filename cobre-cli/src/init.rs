use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;

use crate::args::InitOptions;
use crate::events::print_line;
use crate::failure::Failure;

/// A ready-to-run case that is part of the program.
struct Template {
    name: &'static str,
    files: &'static [(&'static str, &'static [u8])],
}

macro_rules! template {
    ($name:literal, [$($file:literal),+ $(,)?]) => {
        Template {
            name: $name,
            files: &[$(($file, include_bytes!(concat!("../../datasets/", $name, "/", $file)))),+],
        }
    };
}

const TEMPLATES: &[Template] = &[
    template!(
        "toy",
        [
            "README.md",
            "config.json",
            "initial_conditions.json",
            "penalties.json",
            "scenarios/correlation.json",
            "scenarios/inflow_ar_coefficients.parquet",
            "scenarios/inflow_history.parquet",
            "scenarios/inflow_seasonal_stats.parquet",
            "scenarios/load_factors.json",
            "scenarios/load_seasonal_stats.parquet",
            "stages.json",
            "system/buses.json",
            "system/hydro_production_models.json",
            "system/hydros.json",
            "system/lines.json",
            "system/thermals.json",
        ]
    ),
    template!(
        "four-reservoirs",
        [
            "README.md",
            "config.json",
            "initial_conditions.json",
            "penalties.json",
            "scenarios/correlation.json",
            "scenarios/inflow_ar_coefficients.parquet",
            "scenarios/inflow_history.parquet",
            "scenarios/inflow_seasonal_stats.parquet",
            "scenarios/load_seasonal_stats.parquet",
            "stages.json",
            "system/buses.json",
            "system/hydro_production_models.json",
            "system/hydros.json",
            "system/lines.json",
            "system/thermals.json",
        ]
    ),
];

pub(crate) fn template_names() -> PossibleValuesParser {
    PossibleValuesParser::new(TEMPLATES.iter().map(|template| template.name))
}

pub(crate) fn init(options: &InitOptions) -> Result<ExitCode, Failure> {
    let Some(template) = TEMPLATES.iter().find(|template| template.name == options.template) else {
        return Err(Failure::Internal { message: format!("there is no template {}", options.template) });
    };
    let folder = &options.folder;
    let occupied = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        return Err(Failure::Files {
            message: format!("{} is not empty\nhint: name a folder that does not exist yet", folder.display()),
        });
    }
    for (file, content) in template.files {
        let path = folder.join(file);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| Failure::io("create the folder", parent, &error))?;
        }
        fs::write(&path, content).map_err(|error| Failure::io("write", &path, &error))?;
    }
    print_line(&format!("wrote the case {} to {}", template.name, folder.display()));
    print_line(&format!("next: cobre run {}", quoted(folder)));
    Ok(ExitCode::SUCCESS)
}

fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains(char::is_whitespace) { format!("'{text}'") } else { text }
}
