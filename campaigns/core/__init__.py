"""Pure rules of what both sides configure: fields, filters, matching, bids, floors, limits, schedules.

Lives here: functions of their arguments only. Not here: Django, a database, a clock, randomness, files.
The campaigns app, exchange, reporting and tests may import it; it imports accounts.core and nothing else of the project.
"""
