"""What Pillow makes of small images: decoded, turned upright, converted to RGB, cropped and resized."""

import numpy
import PIL
from PIL import Image, ImageOps

from fixture_files import write_json

SEED = 5
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def picture(width, height, channels, seed=SEED):
    """Slopes, edges and noise, so that every filter shows."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    planes = []
    for channel in range(channels):
        plane = 120 + 70 * numpy.sin(x / (5 + 3 * channel)) + 60 * numpy.cos(y / (4 + 2 * channel))
        plane[height // 3 : height // 2, width // 4 : width // 2] = 255 * (channel % 2)
        plane += random.normal(0, 8, plane.shape)
        planes.append(plane.clip(0, 255))
    return numpy.stack(planes, -1).round().astype(numpy.uint8)


def write(folder):
    folder.mkdir(parents=True)
    rgb = Image.fromarray(picture(67, 45, 3))
    rgb.save(folder / "rgb.png", optimize=True)
    Image.fromarray(picture(40, 30, 4)).save(folder / "rgba.png", optimize=True)
    Image.fromarray(picture(40, 30, 1)[:, :, 0]).save(folder / "grey.png", optimize=True)
    rgb.quantize(40).save(folder / "palette.png", optimize=True)
    rgb.save(folder / "half.jpg", quality=90, subsampling="4:2:0")
    rgb.save(folder / "full.jpg", quality=95, subsampling="4:4:4")
    rgb.save(folder / "progressive.jpg", quality=85, progressive=True)
    rgb.convert("L").save(folder / "grey.jpg", quality=90)
    Image.fromarray(picture(40, 30, 4), "CMYK").save(folder / "cmyk.jpg", quality=90)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(picture(24, 16, 3)).save(folder / f"turned{orientation}.jpg", quality=95, exif=exif)

    cases = []

    def add(file, size, width=0, height=0, filter="bicubic"):
        image = ImageOps.exif_transpose(Image.open(folder / file)).convert("RGB")
        if size == "crop":
            image = ImageOps.fit(image, (width, height), FILTERS[filter])
        elif size == "stretch":
            image = image.resize((width, height), FILTERS[filter])
        elif size == "shorter":
            shorter = min(image.size)
            image = image.resize(tuple(int(side * width / shorter) for side in image.size), FILTERS[filter])
        expected = f"expected{len(cases)}.png"
        image.save(folder / expected, optimize=True)
        cases.append(
            {"file": file, "size": size, "width": width, "height": height, "filter": filter, "expected": expected})

    for file in ["rgb.png", "rgba.png", "grey.png", "palette.png", "half.jpg", "full.jpg", "progressive.jpg", "grey.jpg",
                 "cmyk.jpg"]:
        add(file, "original")
    for orientation in range(1, 9):
        add(f"turned{orientation}.jpg", "original")
        add(f"turned{orientation}.jpg", "crop", 11, 14)
    for filter in FILTERS:
        for width, height in [(16, 16), (31, 64), (67, 20), (20, 45), (200, 150), (1, 1), (67, 45)]:
            add("rgb.png", "stretch", width, height, filter)
            add("rgb.png", "crop", width, height, filter)
        add("half.jpg", "shorter", 20, filter=filter)
        add("cmyk.jpg", "crop", 16, 12, filter)
    write_json(folder / "manifest.json", {"versions": {"pillow": PIL.__version__}, "cases": cases})
