"""`fm=json`: what a header says, from well-made and from hostile files."""

from __future__ import annotations

import io
import json
import struct

import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageCms

from imagewell.imaging.answers.containers import jfif, png, profile_name
from imagewell.imaging.answers.exif import read_exif
from imagewell.imaging.answers.facts import describe
from imagewell.imaging.answers.iptc import read_iptc
from imagewell.imaging.answers.xmp import read_xmp

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:own="http://example.org/own/" xmp:Rating="4" own:secret="1">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Tür</rdf:li><rdf:li xml:lang="en">Door</rdf:li></rdf:Alt></dc:title>
<dc:subject><rdf:Bag><rdf:li>one</rdf:li><rdf:li>two</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta>""".encode()


def exif_block():
    exif = Pillow.Exif()
    exif.update({271: "Maker", 272: "Model (R5)", 274: 6, 282: 300.0, 306: "2024:01:02 03:04:05"})
    exif.get_ifd(0x8769).update(
        {
            33434: 0.004,
            34855: 400,
            36864: b"0232",
            37510: b"ASCII\0\0\0hello",
            40961: 1,
            40962: 40,
            40963: 30,
            37500: b"secret maker note",
        }
    )
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "W", 4: (13.0, 24.0, 0.0), 7: (7.0, 8.0, 9.0)})
    return exif


def file_of(kind, mode="RGB", **save):
    out = io.BytesIO()
    Pillow.new(mode, (40, 30)).save(out, kind, **save)
    return out.getvalue()


def facts_of(raw):
    header = pyvips.Image.new_from_buffer(raw, "")
    found = describe(header, raw[:64], content_type="image/x", content_length=len(raw))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    return found


def iptc_record(number, value, record=2):
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


def test_the_keys_that_every_picture_has():
    """Type and length of the origin, size, colour model, depth, orientation, and an empty Output."""
    raw = file_of("PNG")
    found = facts_of(raw)
    assert found["Content-Type"] == "image/x"
    assert found["Content-Length"] == str(len(raw))
    assert (found["PixelWidth"], found["PixelHeight"]) == (40, 30)
    assert (found["ColorModel"], found["Depth"], found["Orientation"]) == ("RGB", 8, 1)
    assert found["Output"] == {}
    assert found["PNG"] == {"InterlaceType": 0}
    assert {"DPIWidth", "Exif", "GPS", "IPTC", "XMP", "JFIF", "TIFF", "ProfileName"}.isdisjoint(found)


@pytest.mark.parametrize(
    ("kind", "mode", "model", "depth"),
    [("JPEG", "L", "Gray", 8), ("JPEG", "CMYK", "CMYK", 8), ("PNG", "I;16", "Gray", 16), ("TIFF", "RGB", "RGB", 8)],
)
def test_colour_models_and_depths(kind, mode, model, depth):
    """Grey, CMYK and 16 bits are named."""
    found = facts_of(file_of(kind, mode))
    assert (found["ColorModel"], found["Depth"]) == (model, depth)


def test_a_camera_file():
    """EXIF, TIFF, GPS and JFIF groups with their usual names, numbers as numbers, angles in degrees."""
    found = facts_of(file_of("JPEG", exif=exif_block(), dpi=(300, 300)))
    assert found["Orientation"] == 6
    assert (found["DPIWidth"], found["DPIHeight"]) == (300, 300)
    assert found["JFIF"]["XDensity"] == 300
    assert len(found["JFIF"]["JFIFVersion"]) == 2
    assert found["TIFF"]["Make"] == "Maker"
    assert found["TIFF"]["Model"] == "Model (R5)"
    assert found["Exif"] == {
        "ExposureTime": 0.004,
        "ISOSpeedRatings": 400,
        "ExifVersion": [2, 3, 2],
        "UserComment": "hello",
        "ColorSpace": 1,
        "PixelXDimension": 40,
        "PixelYDimension": 30,
    }
    assert found["GPS"] == {
        "LatitudeRef": "N",
        "Latitude": 52.52,
        "LongitudeRef": "W",
        "Longitude": 13.4,
        "TimeStamp": "07:08:09",
    }


def test_a_profile_is_named():
    """The name is the profile's own description."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert facts_of(file_of("JPEG", icc_profile=profile))["ProfileName"] == "sRGB built-in"


def test_xmp_properties():
    """Attributes and elements, the default language, lists; name spaces that nobody knows are left out."""
    assert facts_of(file_of("JPEG", xmp=XMP))["XMP"] == {
        "xmp:Rating": "4",
        "dc:title": "Tür",
        "dc:subject": ["one", "two"],
    }


def test_xmp_that_is_an_attack_is_no_xmp():
    """Entities are not expanded, broken and oversized packets are left alone."""
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + XMP.replace("Tür".encode(), b"&b;")
    assert read_xmp(bomb) == {}
    assert read_xmp(XMP[:-20]) == {}
    assert read_xmp(XMP + b" " * 300_000) == {}


def test_iptc_records_with_and_without_photoshop():
    """Captions and lists of keywords, bare as in TIFF and wrapped as in JPEG."""
    raw = iptc_record(120, b"A caption") + iptc_record(25, b"one") + iptc_record(25, "zwö".encode())
    raw += iptc_record(5, b"in record 1", record=1)
    expected = {"Caption/Abstract": "A caption", "Keywords": ["one", "zwö"]}
    assert read_iptc(raw) == expected
    assert read_iptc(b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(raw)) + raw) == expected
    assert read_iptc(b"8BIM\x04\x04") == {}


def test_numbers_that_are_none_are_left_out():
    """A rational over zero is no number, and JSON has none for it."""
    ifd = struct.pack("<HHHIII", 1, 282, 5, 1, 26, 0) + struct.pack("<II", 1, 0)
    assert read_exif(b"Exif\0\0II*\0\x08\0\0\0" + ifd).file == {}


@given(raw=st.binary(max_size=400))
@settings(max_examples=150)
def test_noise_is_not_metadata(raw):
    """Any bytes in any block are read without an error, to something that is JSON."""
    exif = read_exif(b"Exif\0\0II*\0\x08\0\0\0" + raw)
    head = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + raw
    found = [exif.picture, exif.file, exif.place, read_iptc(raw), read_iptc(b"8BIM\x04\x04" + raw), read_xmp(raw)]
    found += [jfif(head), png(raw), profile_name(raw), profile_name(bytes(128) + b"\0\0\0\1desc" + raw)]
    json.dumps(found, allow_nan=False)


@given(data=st.data())
@settings(max_examples=150)
def test_mutated_exif_is_read_without_an_error(data):
    """A real block with some bytes changed gives facts or none, never an exception or a value that is not JSON."""
    raw = bytearray(exif_block().tobytes())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    found = read_exif(bytes(raw))
    assert len(json.dumps([found.picture, found.file, found.place], allow_nan=False)) < 100_000
