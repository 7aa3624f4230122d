"""Names of a plan's fields, for people. Pure."""

LABELS = {
    "horizon_months": "Horizon",
    "api_prices": "API prices",
    "model": "Open model",
    "hardware": "Machine",
    "units": "How many",
    "quantisation": "Quantisation",
    "engine": "Engine",
    "first_token_s": "First token within",
    "per_token_s": "Each token within",
    "burst_factor": "Burst to be served",
    "most_units": "Machines at most",
    "must_stay_in_house": "No call may leave the house",
    "rented_is_in_house": "Rented machines count as in the house",
    "electricity_usd_per_kwh": "Electricity",
    "pue": "Power overhead (PUE)",
    "setup_h": "Setup",
    "switch_h": "Switching models",
    "ops_h_per_month": "Operations",
    "labour_usd_per_h": "Labour",
    "hardware_price_factor": "Hardware prices",
    "rent_price_factor": "Rents",
    "host_price_factor": "Host prices",
    "spares_share": "Spares",
    "resale_decay_per_year": "Resale value lost",
    "hardware_life_months": "Life of hardware",
    "hardware_drift_per_year": "Drift of hardware prices",
    "rent_drift_per_year": "Drift of rents",
    "fallback_share": "Fallback to today's model",
    "downtime_share": "Downtime",
    "discount_per_year": "Discount rate",
    "volume_factor": "Volume",
    "api_price_factor": "API price",
    "speed_factor": "Speed",
    "cacheable_share": "Cacheable input",
    "batchable_share": "Batchable calls",
}


def label_of(name: str) -> str:
    """
    >>> label_of("pue"), label_of("a_new_share")
    ('Power overhead (PUE)', 'A new share')
    """
    words = name.replace("_", " ")
    return LABELS.get(name) or f"{words[:1].upper()}{words[1:]}"
