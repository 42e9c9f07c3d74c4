"""Starts and watches the processes of the exchange: plain Python, no Django.

Here live: the bootstrap (interpreter, virtual environment), secrets, ports, PostgreSQL, Valkey, nginx, and the loop that
starts, restarts and stops processes in order. Not here: anything that knows a lead, a campaign or a price.
Nobody imports this package; `make` and the tests call it as `python -m supervise`.
"""
