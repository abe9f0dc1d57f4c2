"""How good such forecasts have been: rolling origins, honest baselines, scores."""
