"""Scan: events straight from their bytes to columns, by compiled kernels. ``columns`` is where it begins."""
