"""What a user does first with the installed package: load, train, simulate, look."""

import cobre

case = cobre.CaseLoader.load("datasets/four-reservoirs")
short = {
    "training": {"stopping_rules": [{"type": "iteration_limit", "limit": 3}]},
    "simulation": {"selection": {"num_scenarios": 20}},
}
training = cobre.train(case, short, progress=False)
results = cobre.simulate(case, training.policy, short, progress=False)
hydros = results["hydros"].to_polars()
assert hydros.height == 20 * case.n_stages * len(case.hydros) * len(case.stages[0].blocks), hydros.shape
assert training.policy.evaluate(training.policy.initial_state) > 0.0
print(training.lower_bound, results.mean_cost)
