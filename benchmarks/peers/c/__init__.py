"""C programs of the same plan, compiled on this machine when first asked for."""
