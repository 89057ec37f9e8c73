"""Readers of syntaxes that two or more sources share."""
