"""The handing over of sold leads: deliveries as state rows, their attempts, the worker that sends them.

Lives here: one sealed copy of the lead for each buyer. Not here: what may be disclosed (core), how HTTP is guarded (wire).
Who may import it: exchange.flow, exchange.api and reporting.selectors; it imports intake's dataclasses, wire, core and campaigns.
"""
