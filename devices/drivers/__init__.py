"""驱动 · one maker's format a module: bytes in, frames out, pure and incremental."""
