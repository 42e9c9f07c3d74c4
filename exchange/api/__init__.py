"""The hot path's endpoints: pings, posts, direct leads. They turn a request into a Call and an Answer into a response, nothing else.

They may import flow; nobody imports them but config.
"""
