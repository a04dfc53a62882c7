"""The on-call trial: alerts as an engineer meets them, without labels, for somebody to judge."""
