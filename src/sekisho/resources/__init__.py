"""Accounts as we know them: what was read, who is inside, and which documents open a resource.

One module per resource type says which documents grant access and what neutralises them. This layer knows the answers
of AWS's read calls, not how they were got, and not what a finding is.
"""
