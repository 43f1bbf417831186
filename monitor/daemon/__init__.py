"""Builds everything from a configuration, drives it, and stops it without losing anything."""
