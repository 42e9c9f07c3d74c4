"""Files of past leads that somebody brings: read, looked into, learned from, scored with, deleted.

Lives here: everything between such a file and its page or command. Not here: learning itself (scoring.core.learning), the models
that serve pings. The faces of scoring and its bench import from it; of scoring it imports models, batch and csv_rows.
"""
