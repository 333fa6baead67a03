"""The units of a group, from the first look into the network to their removal."""
