"""What turns `datasets/` into a model, and says how good it is.

Worked on from a checkout; `triage` never imports it.
"""
