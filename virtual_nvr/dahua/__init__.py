"""What a Dahua recorder, or a rebrand of one, speaks beside ONVIF: CGI and JSON over HTTP.

After public implementations of clients; no real one was at hand.
"""
