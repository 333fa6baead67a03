"""What a Hikvision recorder, or a rebrand of one, speaks beside ONVIF: ISAPI over HTTP.

After public implementations of clients; no real one was at hand.
"""
