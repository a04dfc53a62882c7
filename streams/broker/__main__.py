"""`python -m streams.broker`: fetches Apache Kafka into the user's cache, so that nothing later waits for it."""

import sys

import click

from streams.broker.distribution import install_kafka
from streams.broker.errors import BrokerError
from streams.broker.java import find_java

try:
    distribution = install_kafka(find_java(), click.echo)
except BrokerError as error:
    sys.exit(str(error))
click.echo(f"Apache Kafka is in {distribution.directory}")
