"""Apache Kafka without Docker, for the demo, the tests and the benchmarks."""

from streams.broker.distribution import KAFKA_VERSION, Distribution, install_kafka
from streams.broker.errors import BrokerError, DownloadError, JavaNotFoundError
from streams.broker.java import Java, find_java
from streams.broker.kafka_broker import KafkaBroker

__all__ = [
    "KAFKA_VERSION",
    "BrokerError",
    "Distribution",
    "DownloadError",
    "Java",
    "JavaNotFoundError",
    "KafkaBroker",
    "find_java",
    "install_kafka",
]
