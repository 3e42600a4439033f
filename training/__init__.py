"""What turns `datasets/` into a model, and says how good it is.

Worked on from a checkout; `triage` never imports it.
"""

SEED = 20261123
"""Of all that is drawn at random, so that it is always drawn the same way."""
