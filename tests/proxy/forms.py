"""Requests as forms, as curl and the SDKs write them."""

BOUNDARY = "------------------------d74496d66958873e"
FORM = ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")


def part(name: str, value: bytes, more: str = "") -> bytes:
    """*more*: what stands behind the name, and header lines after that."""
    return f'Content-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value


def file_part(content: bytes, name: str = "file", file_name: str = "speech.mp3") -> bytes:
    return part(name, content, f'; filename="{file_name}"\r\nContent-Type: audio/mpeg')


def form(*parts: bytes) -> bytes:
    start = f"--{BOUNDARY}\r\n".encode()
    return b"".join(start + one + b"\r\n" for one in parts) + f"--{BOUNDARY}--\r\n".encode()


def fields(**values: str) -> bytes:
    return form(*(part(name, value.encode()) for name, value in values.items()))
