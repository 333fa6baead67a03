"""The steps of the flows: config, subentry, options, reauthentication and repairs."""
