"""The service: Faust application, Kafka clients, files and commands around the pure models."""
