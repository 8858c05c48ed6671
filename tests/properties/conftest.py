"""Makes the profiles known before hypothesis's own option is read."""

from harness.discovery.profiles import register_profiles

register_profiles()
