#!/usr/bin/python3
"""Sets tags of DICOM files as extended attributes, so that they can be queried: dicom_tags.py DIRECTORY [TAG ...]"""
import os
import sys
import warnings

import pydicom

TAGS = ["PatientID", "PatientSex", "Modality", "StudyDate", "StudyInstanceUID", "SeriesNumber", "Rows", "Columns",
        "Manufacturer", "BodyPartExamined"]


def text_of(element):
    """The value as text, as setfattr would write it; None when there is none."""
    if element is None or element.value in (None, ""):
        return None
    text = str(element.value)
    if element.VR == "DA" and len(text) == 8 and text.isdigit():  # DICOM writes 20240115
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text


def tag(path, names):
    """Sets what the file has of the tags `names`; False if it is no DICOM file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            values = {name: text_of(dataset.data_element(name)) for name in names if name in dataset}
    except Exception:  # pydicom raises many kinds for what is no DICOM file
        return False
    for name, value in values.items():
        if value is not None:
            os.setxattr(path, f"user.{name}", value.encode())
    return True


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    names = sys.argv[2:] or TAGS
    done = 0
    for directory, _, files in os.walk(sys.argv[1]):
        done += sum(tag(os.path.join(directory, name), names) for name in sorted(files))
    print(f"tagged {done} files")


if __name__ == "__main__":
    main()
