"""An engine on another machine: how it and its client come to trust each other, over TLS.

Both ends are here: `door` is the engine's, `visit` the client's. What they say to each other
before anything else is in `talk`; afterwards the ordinary messages flow.
"""
