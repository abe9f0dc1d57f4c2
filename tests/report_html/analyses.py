"""What the analyses hand to the page, in their documented JSON forms."""

SENSITIVITY = [
    {"path": "segments.inbound.conversion.wins", "label": "inbound: win rate", "low_value": 0.28, "high_value": 0.42,
     "probability_low": 0.21, "probability_high": 0.74, "mean_low": 20.1, "mean_high": 29.0, "certain": False},
    {"path": "segments.inbound.volume", "label": "inbound: visitors per quarter", "low_value": 900, "high_value": 1100,
     "probability_low": 0.36, "probability_high": 0.57, "mean_low": 22.0, "mean_high": 26.4, "certain": True},
    {"path": "segments.inbound.slips.probability", "label": "inbound: slip probability", "low_value": 0.18,
     "high_value": 0.22, "probability_low": 0.48, "probability_high": 0.455, "mean_low": 24.4, "mean_high": 24.1,
     "certain": True},
]  # fmt: skip
LUCK = {
    "shares": [
        {"group": "assumptions", "share": 0.38, "low": 0.34, "high": 0.42, "total_effect": 0.40},
        {"group": "market", "share": 0.12, "low": 0.08, "high": 0.16, "total_effect": 0.14},
        {"group": "demand", "share": 0.31, "low": 0.27, "high": 0.35, "total_effect": 0.33},
        {"group": "deals", "share": 0.17, "low": 0.13, "high": 0.21, "total_effect": 0.19},
        {"group": "slips", "share": 0.02, "low": 0.0, "high": 0.04, "total_effect": 0.03},
    ],
    "slips": {"probability": 0.47, "probability_without": 0.53, "missed_only_by_slips": 0.09, "hit_only_by_slips": 0.03,
              "pushed_out": []},
    "band": {"p10": 18.0, "p90": 31.0, "plan": 24.3},
    "deals": [],
}  # fmt: skip
LEVERS = [
    {"path": "segments.inbound.conversion.wins", "value": 0.41, "low": 0.40, "high": 0.42, "relative": 0.17,
     "probability": 0.80, "reached": True, "bracket": [0.35, 0.7]},
    {"path": "segments.inbound.slips.probability", "value": 0.0, "low": 0.0, "high": 0.0, "relative": -1.0,
     "probability": 0.55, "reached": False, "bracket": [0.0, 0.2]},
]  # fmt: skip
COMPARISON = {
    "scenarios": [], "targets": [], "metrics": [],
    "differences": [{"path": "segments.inbound.conversion.wins", "values": [0.35, {"times": 1.1}]}],
}  # fmt: skip
