"""All that people read, as files per language, and the loader that gives it to the handlers."""
