"""What the functionals of a voice are called in words, for people who read why a voice was judged as it was."""

from __future__ import annotations

from collections.abc import Mapping

NAMES: Mapping[str, tuple[str, str]] = {
    "alpha_ratio_db_mean": ("weight of low over high frequencies", "低频相对高频的强度"),
    "alpha_ratio_db_std": ("variation of low over high frequencies", "低频相对高频强度的变化"),
    "centroid_hz_mean": ("brightness of the voice", "音色亮度"),
    "centroid_hz_std": ("variation of brightness", "音色亮度的变化"),
    "f0_end_less_start_st": ("pitch at the end against the beginning", "结尾与开头的音高差"),
    "f0_fall_st_per_s": ("slope of F0 on its way down", "下行段基频斜率"),
    "f0_median_st": ("pitch level", "音高水平"),
    "f0_p25_st": ("lower quartile of pitch", "音高下四分位"),
    "f0_p5_st": ("lowest pitch", "最低音高"),
    "f0_p75_st": ("upper quartile of pitch", "音高上四分位"),
    "f0_p95_st": ("highest pitch", "最高音高"),
    "f0_perturbation_percent": ("pitch perturbation", "音高微扰"),
    "f0_range_st": ("pitch range", "音高范围"),
    "f0_rise_st_per_s": ("slope of F0 on its way up", "上行段基频斜率"),
    "f0_rising_share": ("share of F0 on its way up", "基频上行占比"),
    "f0_skewness": ("skew of pitch towards high peaks", "音高偏向高峰的程度"),
    "f0_speed_st_per_s": ("speed of pitch movement", "音高变化速度"),
    "f0_std_st": ("variation of pitch", "音高起伏"),
    "hammarberg_db_mean": ("softness of the spectrum", "频谱柔和度"),
    "hammarberg_db_std": ("variation of the spectrum's softness", "频谱柔和度的变化"),
    "hnr_mean_db": ("clearness of the voice", "嗓音清晰度"),
    "hnr_std_db": ("variation of the voice's clearness", "嗓音清晰度的变化"),
    "level_end_less_start_db": ("loudness at the end against the beginning", "结尾与开头的音量差"),
    "slope_0_500_mean": ("spectral slope below 500 Hz", "500 Hz 以下频谱斜率"),
    "slope_0_500_std": ("variation of the slope below 500 Hz", "500 Hz 以下频谱斜率的变化"),
    "slope_500_1500_mean": ("spectral slope from 500 to 1500 Hz", "500–1500 Hz 频谱斜率"),
    "slope_500_1500_std": ("variation of the slope from 500 to 1500 Hz", "500–1500 Hz 频谱斜率的变化"),
    "speaking_rate_per_s": ("speaking rate", "语速"),
}
_DISTANCE = {
    "en": (
        "{name} {z:.1f} standard deviations above the training mean",
        "{name} {z:.1f} standard deviations below the training mean",
    ),
    "zh": ("{name}（在训练均值之上 {z:.1f} 个标准差）", "{name}（在训练均值之下 {z:.1f} 个标准差）"),
}


def in_words(language: str, feature: str, z: float) -> str:
    """`pitch range 2.1 standard deviations above the training mean`; a feature without a name keeps its own."""
    name = NAMES[feature][language == "zh"] if feature in NAMES else feature
    return _DISTANCE[language][z < 0].format(name=name, z=abs(z))
