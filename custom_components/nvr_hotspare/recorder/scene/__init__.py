"""One scene of another recorder's footage as a file, for people to look at.

A process of its own receives it: media work is nothing for Home Assistant's event loop, a viewer
does not wait behind footage that is being given back, and one who goes away takes it along.
"""
