"""The page of many benchmark records: how times moved, version by version, machine by machine."""
