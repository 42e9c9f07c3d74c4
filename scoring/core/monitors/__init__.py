"""What is watched of a model that serves: its quality, its level, its inputs, its surprises. Pure; imports only other cores.

Monitors with labels (level, CUSUM) are red: something is done at once. Monitors without labels are amber: somebody looks.
"""
