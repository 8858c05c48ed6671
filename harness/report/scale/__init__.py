"""The page of cost against size."""
