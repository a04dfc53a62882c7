"""What can go wrong with the development broker.

BrokerError
├── JavaNotFoundError
└── DownloadError
"""


class BrokerError(RuntimeError):
    """The development broker cannot be used; the message names the log and the mend."""


class JavaNotFoundError(BrokerError):
    """No Java runtime that can run Apache Kafka."""


class DownloadError(BrokerError):
    """Apache Kafka's jars did not arrive complete and unchanged."""
