"""The service: Faust application, Kafka clients, files and commands around the pure models."""

from streams.kernels import use_kernel_cache

use_kernel_cache()
