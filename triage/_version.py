"""The version of this library, for receipts and manifests."""

__version__ = "0.1.0"
