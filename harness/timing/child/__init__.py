"""What runs beside a timed core: in a folder of its own, which a script puts on its path."""
