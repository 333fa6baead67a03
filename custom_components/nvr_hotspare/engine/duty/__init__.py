"""The deputy on duty: a process of its own, for as long as nobody commands the engine.

It takes the standing orders, listens to the units in the engine's charge and, once it is told to
decide, commands the engine over the messages that any client uses. So what it needs (the machine,
the drivers, HTTP and XML) takes no memory while the manager is there, and neither its work nor its
end can hold up a recording.
"""
