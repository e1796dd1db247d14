"""标签密钥 · the key that seals printed links; a key file of its own, apart from all others."""

from pathlib import Path

KEY_BYTES_MIN = 32


class LabelKeyRefused(Exception):
    """标签密钥不可用 · why nothing can be printed, in words for whoever starts the platform."""


def load(path: Path) -> bytes:
    """The key in a file.

    Raises:
        LabelKeyRefused: no such file, others may read it, or too short.
    """
    if not path.is_file():
        raise LabelKeyRefused(f"标签密钥文件 {path} 不存在")
    if path.stat().st_mode & 0o077:
        raise LabelKeyRefused(f"标签密钥文件 {path} 他人可读，请执行 chmod 600 {path}")
    key = path.read_bytes().strip()
    if len(key) < KEY_BYTES_MIN:
        raise LabelKeyRefused(f"标签密钥文件 {path} 太短，至少 {KEY_BYTES_MIN} 个字节")
    return key
