"""What a file is, by its content. Pure."""

import io
import struct
import zipfile

import pytest

from cases.files.filetypes import media_type_of

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + b"\0" * 17
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
MAIL = b"From: a@b.example\r\nTo: c@d.example\r\nSubject: Re: hi\r\n\r\nHello"


def archive() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        made.writestr("word/document.xml", "x")
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "application/pdf"),
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (b"RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0", "image/webp"),
        (b'{"a": [1, 2]}', "application/json"),
        (b"[1, 2]", "application/json"),
        (b"{not json", "text/plain"),
        (MAIL, "message/rfc822"),
        (b"Note: call back\nTo: nobody", "text/plain"),
        (b"a,b\n1,2\n3,4\n", "text/csv"),
        (b"a;b;c\n1;2;3\n", "text/csv"),
        ("Grüße, Ọláyínká\nzweite".encode(), "text/plain"),
        (b"\xef\xbb\xbfwith a mark", "text/plain"),
        (b"PDF\n%PDF-1.4", "text/plain"),
    ],
)
def test_what_may_be_attached_is_told_apart(content, found):
    assert media_type_of(content) == found


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00\x03\x00\x00\x00" + b"\0" * 64,
        b"\x7fELF\x02\x01\x01" + b"\0" * 64,
        archive(),
        b"GIF89a\x01\x00\x01\x00",
        b"<!DOCTYPE html><html><script>alert(1)</script>",
        b"  <svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><a/>",
        b"#!/bin/sh\nrm -rf /",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"\xff\xfe\x00\x00\x01\x02",
        b"text with \x00 in it",
        b"\x1b[2Jtext with escapes",
        b"   \n ",
        b"\x80\x81\x82",
    ],
)
def test_everything_else_is_refused(content):
    assert media_type_of(content) is None
