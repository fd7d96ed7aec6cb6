"""Findings as people and programs read them: pages, tables and documents. Values in, text out."""
