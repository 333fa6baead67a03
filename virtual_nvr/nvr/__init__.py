"""An ONVIF network video recorder in software, built on the project's own media engine."""
