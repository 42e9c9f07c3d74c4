"""What happens to a lead. A namespace: the stages are packages, and flow.py, the page to read first, orders them.

api > flow > delivery > auction > intake > wire > core: a stage imports only what stands to its right.
"""
