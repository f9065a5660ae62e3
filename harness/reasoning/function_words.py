"""Words that carry grammar and no feeling: they are never given as a reason.

Negations, intensifiers and interjections are not among them: “not”, “so”, “oh”, 不, 太, 唉 do carry feeling.
"""

from __future__ import annotations

import unicodedata

_ENGLISH = """
a an the this that these those there here it its it's i i'm i've i'd i'll me my mine myself you you're you've
you'll your yours yourself he he's him his himself she she's her hers herself we we're us our ours ourselves
they they're them their theirs themselves who whom whose which what what's that's when where why how is am are
was were be been being do does did done doing have has had having will would shall should can could may might
must of to in on at by for from with without about into onto over under up down out off through between among
during before after since until against than as if then else because while and or but nor so-called s t re ve ll
d m one ones some any each every both all such same other another also just very-own let got get gets getting go
goes going went come comes came say says said tell tells told know knows think thinks thing things something
anything everything someone anyone everyone now today yesterday tomorrow again still yet even only own
"""
_CHINESE = """
我 你 您 他 她 它 咱 俺 我们 你们 他们 她们 它们 咱们 自己 人家 大家 这 那 这个 那个 这些 那些 这里 那里 这儿
那儿 这样 那样 这么 那么 哪 哪个 哪里 哪儿 谁 什么 怎么 怎样 为什么 多少 几 的 地 得 了 着 过 吗 呢 吧 啊 呀 嘛
哦 嗯 哎 诶 是 在 有 和 与 跟 同 及 或 或者 而 而且 但 但是 因为 所以 如果 就 就是 也 都 还 还是 又 再 才 却 并
并且 把 被 给 让 叫 使 对 对于 向 往 从 到 去 来 上 下 里 外 中 前 后 为 为了 由 于 以 按 按照 说 讲 看 想 要 会
能 可以 可能 应该 应当 得了 一 一个 一种 一下 一点 一些 两 二 三 个 些 次 件 位 只 条 句 天 年 月 日 时候 现在
今天 昨天 明天 刚才 已经 正在 起来 出来 出去 进来 进去 过来 过去 之 其 此 每 各 某 该 等 等等 东西 事 事情 人
"""
_WORDS = frozenset((_ENGLISH + _CHINESE).split())


def is_function_word(word: str) -> bool:
    """Whether a word is grammar, a mark or a number, in either language."""
    folded = unicodedata.normalize("NFKC", word).casefold().strip().replace("’", "'")
    return folded in _WORDS or not any(character.isalpha() for character in folded)
