"""Queries and the picture each asks for, as data: every parameter that is served stands in one of them."""

from __future__ import annotations

from imagewell.transform.model import (
    Adjust,
    Backdrop,
    BlendMode,
    Border,
    ColorOverlay,
    CutOut,
    Denoise,
    Fill,
    Fit,
    FocalPoint,
    Focus,
    Format,
    Frames,
    Gradient,
    ImageOverlay,
    Mask,
    Output,
    Pad,
    Palette,
    Place,
    Region,
    Resize,
    Rotate,
    Stage,
    Stylize,
    Text,
    TextOverlay,
    Transformation,
    Trim,
)
from imagewell.transform.values import BLACK, WHITE, Color, Length, Ratio

RED, LIME, BLUE = Color(255, 0, 0), Color(0, 255, 0), Color(0, 0, 255)
HALF_RED = Color(255, 0, 0, 128 / 255)


def px(value: float) -> Length:
    return Length(value)


AT_CORNER, AT_EDGE = Place("right", "bottom", 5.0), Place("right", "bottom", 10.0)
CENTRED = Place()


def share(value: float) -> Length:
    return Length(value, share=True)


def sized(**options: object) -> Stage:
    return Stage(resize=Resize(**options))  # type: ignore[arg-type]


def adjusted(**options: object) -> Stage:
    return Stage(adjust=Adjust(**options))  # type: ignore[arg-type]


def over(*overlays: object) -> Stage:
    return Stage(overlays=overlays)  # type: ignore[arg-type]


def marked(place: Place = AT_CORNER, **options: object) -> Stage:
    return over(ImageOverlay("/logo.png", place=place, **options))  # type: ignore[arg-type]


def blended(place: Place = CENTRED, **options: object) -> Stage:
    return over(ImageOverlay("/b.png", **{"mode": BlendMode.OVERLAY, "place": place, **options}))  # type: ignore[arg-type]


def lettered(place: Place = AT_EDGE, **options: object) -> Stage:
    return over(TextOverlay(Text("Hi", **options), place))  # type: ignore[arg-type]


def framed(**options: object) -> Transformation:
    return Transformation((Stage(),), frames=Frames(**options))  # type: ignore[arg-type]


def filled(fill: Fill | None) -> Stage:
    return sized(width=px(40), height=px(30), fit=Fit.FILL, fill=fill)


BOX = "w=40&h=30&fit=fill"

STAGES: dict[str, Stage] = {
    # size
    "w=400": sized(width=px(400)),
    "width=400&height=300": sized(width=px(400), height=px(300)),
    "w=1": sized(width=share(1)),
    "w=0.5&h=.25": sized(width=share(0.5), height=share(0.25)),
    "w=300.5&h=99999": sized(width=px(301), height=px(8192)),
    "w64=NDAw": sized(width=px(400)),
    "w=100&width=200&w64=MzAw": sized(width=px(300)),
    "f=max&w=10": sized(width=px(10), fit=Fit.MAX),
    "fit=facearea,fill&w=10&h=10": sized(width=px(10), height=px(10), fit=Fit.FACEAREA, fallback=Fit.FILL),
    "fit=facearea,facearea,fill,crop&fill-color=000&w=10&h=9&faceindex=2&facepad=2.5": sized(
        width=px(10),
        height=px(9),
        fit=Fit.FACEAREA,
        fallback=Fit.FILL,
        face_index=2,
        face_pad=2.5,
        fill=Fill(color=BLACK),
    ),
    "fit=facearea&ar=2:1&w=10&crop=top&facepad=0&max-h=4": sized(
        width=px(10), fit=Fit.FACEAREA, ratio=Ratio(2, 1), focus=(Focus.TOP,), max_height=4.0
    ),
    "fit=crop&w=10&faceindex=2&facepad=3": sized(width=px(10), fit=Fit.CROP),
    "bg-remove=true": Stage(cutout=CutOut()),
    "background-remove=1&bg-remove-fallback=false&bg-remove-semi-transparency=0&bg-remove-transparency-threshold=.5": (
        Stage(cutout=CutOut(semi_transparency=False, threshold=0.5, fallback=False))
    ),
    "bg-remove=true&bg-remove-fg-type=car": Stage(cutout=CutOut()),
    "bg-remove=false&bg-remove-transparency-threshold=0.5": Stage(),
    "fit=facearea&w=10&h=10": sized(width=px(10), height=px(10), fit=Fit.FACEAREA),
    "fit=crop&ar=16:9&w=160": sized(width=px(160), fit=Fit.CROP, ratio=Ratio(16, 9)),
    "fit=crop&ar=1.5:1": sized(fit=Fit.CROP, ratio=Ratio(1.5, 1)),
    "ar=16:9&w=160": sized(width=px(160)),
    "fit=crop&ar=16:9&w=160&h=20": sized(width=px(160), height=px(20), fit=Fit.CROP),
    "fit=crop&w=9&max-w=200&max-height=300&min-width=20&min-h=30": sized(
        width=px(9), fit=Fit.CROP, max_width=200.0, max_height=300.0, min_width=20.0, min_height=30.0
    ),
    "fit=clip&w=9&max-w=200": sized(width=px(9)),
    "fit=crop&w=9&h=9&crop=faces,top,right": sized(
        width=px(9), height=px(9), fit=Fit.CROP, focus=(Focus.FACES, Focus.TOP, Focus.RIGHT)
    ),
    "fit=crop&w=9&crop=person,center": sized(width=px(9), fit=Fit.CROP, focus=(Focus.CENTER,)),
    "fit=crop&w=9&crop=focalpoint&fp-x=.25&fp-y=2&fp-z=0.5&fp-debug=true": sized(
        width=px(9), fit=Fit.CROP, focus=(Focus.FOCALPOINT,), focal=FocalPoint(0.25, 1.0, 1.0, True)
    ),
    "fit=crop&w=9&fp-x=0.25": sized(width=px(9), fit=Fit.CROP),
    "rect=10,20,30,40": Stage(region=Region(px(10), px(20), px(30), px(40))),
    "rect=center,bottom,.5,full": Stage(region=Region("center", "bottom", share(0.5), None)),
    "rect=-5,0.0,1.0,1": Stage(region=Region(px(0), share(0), share(1), px(1))),
    "dpr=2&w=100": Stage(dpr=2.0, resize=Resize(width=px(100))),
    "dpr=9&w=100": Stage(dpr=5.0, resize=Resize(width=px(100))),
    # rotation
    "flip=hv": Stage(flip="hv"),
    "or=90": Stage(orient=6),
    "orient=0": Stage(orient=0),
    "rot=-90": Stage(rotate=Rotate(270.0)),
    "rot=12.5&rott=pivot": Stage(rotate=Rotate(12.5, "pivot")),
    # fill
    BOX: filled(None),
    f"{BOX}&fill=solid": filled(Fill(color=WHITE)),
    f"{BOX}&fill=solid&fillcolor=f00": filled(Fill(color=RED)),
    f"{BOX}&fill-color=8f00": filled(Fill(color=Color(255, 0, 0, 136 / 255))),
    f"{BOX}&fill=blur&fill-color=f00": filled(Fill("blur")),
    f"{BOX}&fill=gradient&fill-gradient-linear=red,blue&fill-gradient-linear-direction=left,right"
    "&fill-gradient-cs=oklab": filled(
        Fill("gradient", gradient=Gradient(colors=(RED, BLUE), toward=("left", "right"), space="oklab"))
    ),
    f"{BOX}&fill=gradient&fill-gradient-type=radial&fill-gradient-radial=red,blue&fill-gradient-radial-x=.5"
    "&fill-gradient-radial-y=30&fill-gradient-radial-radius=10,.75": filled(
        Fill(
            "gradient",
            gradient=Gradient(
                "radial", (RED, BLUE), center_x=share(0.5), center_y=px(30), inner=px(10), outer=share(0.75)
            ),
        )
    ),
    f"{BOX}&fill=gradient&fill-gradient-type=radial&fill-gradient-radial-x=0&fill-gradient-radial-radius=0,1": filled(
        Fill("gradient", gradient=Gradient("radial", center_x=share(0), inner=share(0), outer=share(1)))
    ),
    "fill=blur&w=40": sized(width=px(40)),
    "bg=imgixorange": Stage(backdrop=Backdrop(Color(0xFF, 0x6B, 0x1A))),
    "bg=80ff0000": Stage(backdrop=Backdrop(HALF_RED)),
    "transparency=grid": Stage(backdrop=Backdrop(grid=(Color(0xD0, 0xD7, 0xDD), WHITE))),
    "transparency=grid&grid-colors=red,lime&grid-size=9&bg=blue": Stage(backdrop=Backdrop(BLUE, (RED, LIME), 9.0)),
    "grid-size=9": Stage(),
    # border, padding
    "pad=10&pad-top=0": Stage(pad=Pad(0.0, 10.0, 10.0, 10.0)),
    "pad-left=1&pad-right=2&pad-bottom=3": Stage(pad=Pad(0.0, 2.0, 3.0, 1.0)),
    "border=5,red": Stage(border=Border(RED, 5.0, 5.0, 5.0, 5.0)),
    "border=5,red&border-top=1&border-right=2&border-bottom=3&border-left=0": Stage(
        border=Border(RED, 1.0, 2.0, 3.0, 0.0)
    ),
    "border=5,red&border-radius=9&border-radius-inner=1,2,3,4": Stage(
        border=Border(RED, 5.0, 5.0, 5.0, 5.0, (9.0,) * 4, (1.0, 2.0, 3.0, 4.0))  # type: ignore[arg-type]
    ),
    "border=5,red&border-stroke-size=2": Stage(
        border=Border(RED, 5.0, 5.0, 5.0, 5.0, stroke_color=BLACK, stroke_px=2.0)
    ),
    "border=5,red&border-stroke-size=2&border-stroke-color=lime": Stage(
        border=Border(RED, 5.0, 5.0, 5.0, 5.0, stroke_color=LIME, stroke_px=2.0)
    ),
    "border-top=5": Stage(),
    "border-stroke-size=2&border-radius=9": Stage(border=Border(BLACK, stroke_color=BLACK, stroke_px=2.0)),
    "border-stroke-color=lime": Stage(),
    # trim
    "trim=auto&trimmd=3&trim-sd=4&trim-pad=-7&trim-tol=9": Stage(
        trim=Trim(mean_difference=3.0, standard_deviation=4.0, pad_px=-7.0)
    ),
    "trim=color&trimcolor=f00&trim-tol=9": Stage(trim=Trim("color", RED, 9.0)),
    "trim=alpha&trim-alpha=12": Stage(trim=Trim("alpha", alpha=12.0)),
    "trim=colorunlessalpha&trim-alpha=12&trim-color=red": Stage(trim=Trim("colorunlessalpha", RED, alpha=12.0)),
    "trim-pad=4": Stage(),
    # mask
    "mask=ellipse&maskbg=lime": Stage(mask=Mask("ellipse", background=LIME)),
    "mask=corners": Stage(mask=Mask("corners")),
    "mask=corners&corner-radius=12": Stage(mask=Mask("corners", (12.0,) * 4)),  # type: ignore[arg-type]
    "mask=corners&corner-radius=1,2,3,4": Stage(mask=Mask("corners", (1.0, 2.0, 3.0, 4.0))),
    "mask=https%3A%2F%2Fexample.com%2Fm.png%3Fa%3D1%26b%3D2": Stage(
        mask=Mask("image", image="https://example.com/m.png?a=1&b=2")
    ),
    # tone
    "bri=10&con=-20&exp=5&gam=500": adjusted(brightness=10.0, contrast=-20.0, exposure=5.0, gamma=100.0),
    "high=-30&shad=12.5&hue=400": adjusted(highlights=-30.0, shadows=12.5, hue=360.0),
    "high=30": Stage(),
    "sat=-100&vib=20&inv=1": adjusted(saturation=-100.0, vibrance=20.0, invert=True),
    "sharp=10&usm=20&usmrad=4": adjusted(sharpen=10.0, unsharp=20.0, unsharp_radius_px=4.0),
    "bri=0": Stage(),
    "auto=enhance": adjusted(enhance=True),
    "auto=redeye": Stage(),
    "nr=50": Stage(denoise=Denoise(50.0)),
    "nr=20": Stage(denoise=Denoise()),
    "nrs=-9": Stage(denoise=Denoise(20.0, -9.0)),
    "blur=200&px=8&sepia=50&htn=3": Stage(stylize=Stylize(blur=200.0, pixelate_px=8.0, sepia=50.0, halftone=3.0)),
    "mono=80ff0000": Stage(stylize=Stylize(monochrome=HALF_RED)),
    "duotone=000,f00&duotone-alpha=40": Stage(stylize=Stylize(duotone=(BLACK, RED), duotone_alpha=40.0)),
    "duotone-alpha=40": Stage(),
    # mark
    "mark=/logo.png": marked(),
    "m=logo.png&mark-base=https://cdn.example.com/x/": over(
        ImageOverlay("https://cdn.example.com/x/logo.png", place=Place("right", "bottom", 5.0))
    ),
    "mark64=aHR0cHM6Ly9hLmIvYz9kPTEmZT0y&markbase=/x": over(
        ImageOverlay("https://a.b/c?d=1&e=2", place=Place("right", "bottom", 5.0))
    ),
    "mark=/logo.png&ma=top,left&mark-pad=9": marked(Place("left", "top", 9.0)),
    "mark=/logo.png&mark-align=center": marked(Place("center", "bottom", 5.0)),
    "mark=/logo.png&mark-x=-4&mark-y=8": marked(Place("right", "bottom", 5.0, px(-4), px(8))),
    "mark=/logo.png&mark-anchor=top,right": marked(Place("right", "bottom", 5.0, anchor=(1.0, 0.0))),
    "mark=/logo.png&mark-anchor=.25,.75": marked(Place("right", "bottom", 5.0, anchor=(0.25, 0.75))),
    "mark=/logo.png&mark-w=.5&mark-h=40&mark-fit=crop&mark-alpha=50": marked(
        width=share(0.5), height=px(40), fit=Fit.CROP, opacity=50.0
    ),
    "mark=/logo.png&mark-w=1": marked(width=share(1)),
    "mark=/logo.png&mark-w=0": marked(),
    "mark=/logo.png&mark-scale=30&mark-tile=grid&mark-rot=45": marked(scale=30.0, tile="grid", rotate=45.0),
    "mark=/logo.png&mark-if-min-width=100&mark-if-min-height=50": marked(min_base_width=100, min_base_height=50),
    "mark-w=40": Stage(),
    # blend
    "blend=red": over(ColorOverlay(RED, BlendMode.OVERLAY)),
    "blend-color=80ff0000&blend-mode=multiply&blend-alpha=40": over(
        ColorOverlay(HALF_RED, BlendMode.MULTIPLY, opacity=40.0)
    ),
    "b=/b.png": blended(),
    "b=/b.png&bm=normal&balph=30&bw=.5&bh=20&bf=crop&bc=top,faces": blended(
        mode=BlendMode.NORMAL,
        opacity=30.0,
        width=share(0.5),
        height=px(20),
        fit=Fit.CROP,
        focus=(Focus.TOP, Focus.FACES),
    ),
    "b=/b.png&ba=bottom,right&bp=6&bx=3&by=4": blended(Place("right", "bottom", 6.0, px(3), px(4))),
    "b=/b.png&blend-size=inherit": blended(inherit=True),
    "txt=a&mark=/m.png&blend=lime": over(
        ColorOverlay(LIME, BlendMode.OVERLAY),
        ImageOverlay("/m.png", place=Place("right", "bottom", 5.0)),
        TextOverlay(Text("a"), Place("right", "bottom", 10.0)),
    ),
    # text
    "txt=Hi": lettered(),
    "txt64=SGk": lettered(),
    "t64=w4nDqQ": over(TextOverlay(Text("Éé"), Place("right", "bottom", 10.0))),
    "txt=a+b%2Bc%0Ad": over(TextOverlay(Text("a b+c d"), Place("right", "bottom", 10.0))),
    "txt=Hi&tf=serif,bold": lettered(family="serif", bold=True),
    "txt=Hi&txt-font=Avenir+Next,Bold,Italic": lettered(family="Avenir Next", bold=True, italic=True),
    "txt=Hi&tsz=40&tc=f00&ta=top,center&tp=3": lettered(Place("center", "top", 3.0), size_px=40.0, color=RED),
    "txt=Hi&tl=2": lettered(outline_px=2.0, outline_color=WHITE),
    "txt=Hi&tl=2&txtlineclr=blue&tsh=4": lettered(outline_px=2.0, outline_color=BLUE, shadow=4.0),
    "txt=Hi&txt-width=90&txt-fit=max&txt-clip=start,ellipsis": lettered(
        width_px=90.0, grow=True, clip="start", ellipsis=True
    ),
    "txt=Hi&txt-x=-3&txt-y=7": lettered(Place("right", "bottom", 10.0, px(-3), px(7))),
    "txt=Hi&txt-lead=5&tt=2": lettered(),
    "txt-size=40": Stage(),
}

OUTPUTS: dict[str, Output] = {
    "fm=jpg": Output(Format.JPEG),
    "fm=pjpg&jpeg-progressive=false": Output(Format.JPEG),
    "fm=jpg&jpg-progressive=0": Output(Format.JPEG, progressive=False),
    "fm=png": Output(Format.PNG),
    "fm=png8&colorquant=16": Output(Format.PNG, indexed=True, colors=16),
    "fm=png32&dpi=300": Output(Format.PNG, true_color=True, dpi=300),
    "fm=webp&lossless=true": Output(Format.WEBP, lossless=True),
    "fm=avif&q=60&chromasub=444": Output(Format.AVIF, quality=60, chroma="444"),
    "fm=gif&colorquant=900": Output(Format.GIF, colors=256),
    "fm=json&auto=format&q=3": Output(Format.JSON),
    "fm=json&faces=1": Output(Format.JSON, faces=True),
    "fm=png&faces=1": Output(Format.PNG),
    "fm=json&faces=2": Output(Format.JSON),
    "fm=blurhash": Output(Format.BLURHASH),
    "q=150": Output(quality=100),
    "q=-4": Output(quality=0),
    "cs=tinysrgb&iptc=allow": Output(profile="tinysrgb", iptc=True),
    "auto=format": Output(auto=frozenset({"format"})),
    "auto=true": Output(auto=frozenset({"format"})),
    "auto=format,compress": Output(auto=frozenset({"format", "compress"})),
    "auto=compress&auto=format": Output(auto=frozenset({"format", "compress"})),
    "auto%5B%5D=compress": Output(),
    "palette=json&colors=3": Output(Format.PALETTE_JSON, palette=Palette(3)),
    "palette=css&prefix=logo&fm=webp": Output(Format.PALETTE_CSS, palette=Palette(prefix="logo")),
    "palette=css&prefix=a%7Bcolor:red": Output(Format.PALETTE_CSS),
}

FRAMES: dict[str, Transformation] = {
    "page=3": framed(page=3),
    "frame=2": framed(first=2, last=2),
    "frame=2-9": framed(first=2, last=9),
    "fps=90": framed(fps=60),
    "interval=2&skip=3": framed(keep_every=2, drop_every=3),
    "loop=4&reverse=true": framed(loop=4, reverse=True),
    "interval=1&skip=1": Transformation((Stage(),)),
    "frame=9-2": Transformation(),
}

UNTOUCHED = (
    "",
    "&&",
    "ixlib=js-3.8.0",
    "ixlib=python-4.0.0&ixid=abc&s=0123",
    "expires=4102444800",
    "dl=holiday.jpg",
    "foo=bar&W=100",
    "auto64=Zm9ybWF0",
    "ch64=V2lkdGg",
    "ch=DPR",
    "w=abc",
    "w=&h=nan&q=1e3",
    "fit=stretch",
    "svg-sanitize=false",
    "annotation=false",
    "rasterize-bypass=true&w=100&upscale=true",
    "rasterize-bypass=false",
)
"""What leaves the original's own bytes as they are."""
