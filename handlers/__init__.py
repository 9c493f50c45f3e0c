"""What a person sees and does: one file per feature; routes as data; plain functions.

A handler `(unit, update)` reads, changes and adds messages to the unit; it never sends.
"""
