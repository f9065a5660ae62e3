"""The twenty errors that users meet most, said once more in Chinese below the English line."""

from __future__ import annotations

import re
from collections.abc import Sequence

LINES: Sequence[tuple[str, str]] = (
    (r"no clip in (.+?)(?:;|\(|$)", "{0} 中没有片段：请把片段放进去，或用 --test-data 指定文件夹"),
    (
        r"the test data folder (.+) does not exist",
        "测试数据文件夹 {0} 不存在：请建立它并放入片段，或用 --test-data 指定",
    ),
    (r"there is no clip (\S.*?) \(", "没有片段 {0}：请检查路径"),
    (r"(\S.*) is a folder: --test-data", "{0} 是文件夹：请用 --test-data 指定"),
    (r"unknown profile (\S+)", "没有名为 {0} 的配置：请用上面列出的名称，或一个 .yaml 文件的路径"),
    (r"profile (\S+) cannot be read", "配置文件 {0} 无法读取：请检查路径；它应是 UTF-8 的 YAML"),
    (r"--set (.+) is not key=value", "--set {0} 不是“键=值”的形式，例如 --set fuse.strategy=adaptive"),
    (r"unknown setting (\S+)", "没有 {0} 这个设置：请看上面的提示，或 harness/profiles/embedded.yaml"),
    (r"(\S.*) is not valid YAML", "{0} 不是合法的 YAML：像日期或列表的文字请加引号"),
    (r"default_label is (\S+)", "default_label 不能是 {0}：请用上面列出的标签"),
    (r"unknown label space (\S+)", "没有名为 {0} 的标签空间：请用上面列出的名称，或一个 .yaml 文件的路径"),
    (r"another run is writing to (.+?): ", "另一次运行正在写入 {0}：请等它结束，或用 --supplements 另选文件夹"),
    (r"face nets in (.+?): ", "{0} 中的人脸模型不全：请运行 python -m models fetch face"),
    (
        r"(Whisper base|.* nets?) ha(?:s|ve) not been fetched",
        "还没有取得语音和字幕模型：请运行 python -m models fetch words",
    ),
    (r"the omni model (\S.*) (?:is not there|lacks)", "全模态模型 {0} 不在或不全：请运行 python -m models fetch omni"),
    (r"the omni server", "全模态服务器无法使用：请看上面的原因和 omni_server.log；同一条命令会续跑"),
    (r"worker processes end before their first task", "工作进程一启动就结束：请释放内存或提高上限；同一条命令会续跑"),
    (r"No space left on device", "磁盘已满：请腾出空间，再运行同一条命令，它会续跑"),
    (r"Permission denied(?:: '(.+)')?", "没有权限：请检查该文件或文件夹的权限，再运行同一条命令"),
    (
        r"(?:there is no file |: (?:there is )?no such file|has no column ID|the file is empty)",
        "csv 文件不在或没有 ID 列：请指定带 ID 和 Label 列的 csv",
    ),
)
"""Pattern of the English message → its Chinese line, which names what the pattern found."""
_COMPILED = [(re.compile(pattern), line) for pattern, line in LINES]


def in_chinese(message: str) -> str:
    """The line, with its line break before it; empty for an error that has none."""
    for pattern, line in _COMPILED:
        if found := pattern.search(message):
            return "\n错误：" + line.format(*(group or "" for group in found.groups()))
    return ""
