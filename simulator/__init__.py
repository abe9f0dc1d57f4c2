"""Monte Carlo simulator of sales and marketing pipelines, from visitor to win."""

__version__ = "0.1.0"
