"""Learning from any table of past leads: reading columns, looking for leaks, training, choosing, reporting.

Pure. Imports only scoring.core; scoring's shells import it.
"""
