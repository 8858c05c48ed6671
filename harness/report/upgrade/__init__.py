"""What is told of an upgrade, from its record alone: console, Markdown, JUnit, page."""
