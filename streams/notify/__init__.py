"""The notifiers: alert records read from Kafka, told to people and programs, each receiver at its own pace."""
