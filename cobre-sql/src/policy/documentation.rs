use datafusion::logical_expr::{DocSection, Documentation};

use super::functions::Question;

/// Where the functions are listed.
const SECTION: DocSection = DocSection { include: true, label: "Policy Functions", description: None };

/// What a function is for, as the catalogue says it.
pub(super) fn documentation(question: Question) -> Documentation {
    let about = match question {
        Question::FutureCost => {
            "Cost from the next stage on that a policy expects at a state at the end of a stage ($): the largest value of \
             an active cut, at least 0, before the discount factor of the stage."
        }
        Question::BindingCut => {
            "Id of the active cut that is highest at a state at the end of a stage, the first of several; null where none \
             is above 0."
        }
        Question::WaterValue => {
            "Slope of the future cost in the storage of a plant ($/hm3) at a state at the end of a stage: negative where \
             water saves money, 0 where no cut is above 0."
        }
    };
    let mut documentation = Documentation::builder(SECTION, about, question.usage())
        .with_argument("policy", "Name of the attachment whose policy is asked.")
        .with_argument("stage_id", "Label of the stage.");
    if question == Question::WaterValue {
        documentation = documentation.with_argument("hydro_id", "Label of the plant.");
    }
    documentation
        .with_argument(
            "state",
            "A list of numbers in the order of `state_components`, or the numbers as further arguments, or a struct whose \
             fields are named as in `state_components`.",
        )
        .build()
}
