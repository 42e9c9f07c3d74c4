"""The demo market: who takes part in it (market.toml), the first sale, the built-in buyer. Removable: nothing below knows of it.

It may import every app and talks to the exchange through the public API wherever that shows more than a service call. Only config
may import it.
"""
