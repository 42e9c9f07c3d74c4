"""The hot path's endpoints: pings, posts, direct leads. They only turn a request into a Call and an Answer into a response.

They may import flow; nobody imports them but config.
"""
