"""What the demo clips say, who says it, and with which face. Sentences and people are made up here."""

from __future__ import annotations

from dataclasses import dataclass

from demo_face import LoadMedia, Pose

BEN = LoadMedia((226, 180, 152), (62, 42, 30), (70, 104, 150), (196, 204, 206), (92, 62, 40), 0.12, 1)
MEI = LoadMedia((240, 203, 176), (30, 26, 26), (168, 66, 74), (214, 206, 190), (54, 36, 26), 0.95, 2)
OMAR = LoadMedia((182, 130, 100), (26, 22, 22), (84, 124, 92), (206, 210, 196), (50, 32, 22), 0.10, 3)
LAN = LoadMedia((232, 190, 160), (48, 34, 30), (120, 96, 150), (202, 198, 210), (60, 40, 28), 1.15, 4)


@dataclass(frozen=True)
class Voice:
    """espeak-ng's voice name, pitch 0..99, words per minute, amplitude 0..200."""

    name: str
    pitch: int
    speed: int
    amplitude: int


@dataclass(frozen=True)
class DemoClip:
    """One clip to make.

    Attributes:
        label: the sentiment that the sentence was written with (for the mute clip: that the face was drawn with).
        sentences: what is said.
        pinyin: the same in pinyin with tone numbers. Debian's espeak-ng has no dictionary of Chinese characters: it
            takes their romanisation for English and spells it.
        text: how the words are given: srt, txt or vtt beside the clip, mov_text inside it, or not at all.
    """

    name: str
    language: str
    label: str
    mood: Pose
    look: LoadMedia | None = None
    voice: Voice | None = None
    sentences: tuple[str, ...] = ()
    pinyin: tuple[str, ...] = ()
    text: str = ""


CLIPS = (
    DemoClip(
        "demo_en_happy.mp4",
        "en",
        "SPOS",
        Pose(smile=0.95, brows=0.5),
        BEN,
        Voice("en-us", 72, 180, 150),
        ("I got the job!", "This is the best day of my whole life."),
        text="srt",
    ),
    DemoClip(
        "demo_en_angry.mp4",
        "en",
        "SNEG",
        Pose(smile=-0.6, frown=1.0, brows=-0.3),
        OMAR,
        Voice("en-us", 30, 190, 190),
        ("This is terrible!", "You ruined everything, and I am furious."),
        text="txt",
    ),
    DemoClip(
        "demo_en_neutral.mp4",
        "en",
        "NEUT",
        Pose(),
        LAN,
        Voice("en-gb", 45, 155, 90),
        ("The meeting starts at three.", "The room is on the second floor."),
    ),
    DemoClip(
        "demo_zh_happy.mp4",
        "zh",
        "SPOS",
        Pose(smile=1.0, brows=0.6),
        MEI,
        Voice("cmn-latn-pinyin", 70, 215, 150),
        ("太好了，我们成功了！", "我真的很开心！"),
        ("tai4 hao3 le5, wo3 men5 cheng2 gong1 le5!", "wo3 zhen1 de5 hen3 kai1 xin1!"),
        "srt",
    ),
    DemoClip(
        "demo_zh_sad.mp4",
        "zh",
        "WNEG",
        Pose(smile=-0.6, frown=-0.6, lids=0.8, tilt=3.0),
        LAN,
        Voice("cmn-latn-pinyin", 28, 165, 70),
        ("今天有点累，", "事情没有办好。"),
        ("jin1 tian1 you3 dian3 lei4,", "shi4 qing5 mei2 you3 ban4 hao3."),
        "mov_text",
    ),
    DemoClip(
        "demo_zh_calm.mp4",
        "zh",
        "WPOS",
        Pose(smile=0.35),
        BEN,
        Voice("cmn-latn-pinyin", 45, 190, 100),
        ("谢谢你的帮助。", "这个办法还不错。"),
        ("xie4 xie5 ni3 de5 bang1 zhu4.", "zhe4 ge5 ban4 fa3 hai2 bu2 cuo4."),
    ),
    DemoClip(
        "demo_en_voice.m4a",
        "en",
        "WPOS",
        Pose(),
        None,
        Voice("en-gb", 55, 165, 100),
        ("The soup was quite nice,", "and the waiter was friendly."),
        text="vtt",
    ),
    DemoClip("demo_zh_mute.mp4", "zh", "WNEG", Pose(smile=-0.7, frown=0.7, brows=-0.2), MEI),
)
