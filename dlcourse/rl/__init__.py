"""Reinforcement learning: exact planning, tables, and agents on Gymnasium's interface.

Every agent reads from top to bottom in one function, and lists its implementation details with their source. In all of
them ``terminated`` (the world has ended: nothing follows) and ``truncated`` (we stopped looking: something would have
followed) are two things, and the step after an episode's end, which in a vector environment only resets, teaches
nothing.
"""
