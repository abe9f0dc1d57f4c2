"""Compiled code: arrays in, arrays out. Knows no scenario, no file, no option."""
