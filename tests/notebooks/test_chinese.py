"""The Chinese of chapters, pages and messages: one term for one thing, and the usual forms.

A quotation between 「 and 」 keeps its author's words.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HAN = r"\u3400-\u9fff"
FORMS = [  # (what is not to be read, as a regular expression; what to write; a text that has it; one that may stand)
    ("逻辑值", "未归一化得分 (logits)；逻辑值是真假", "网络输出逻辑值。", "网络输出未归一化得分 (logits)。"),
    ("权值", "权重", "更新权值。", "「更新各个节点的权值w」，即权重。"),
    ("自动求导|自动微商", "自动微分", "自动求导给出梯度。", "自动微分给出梯度。"),
    ("异策略|离线策略|离轨策略", "离策略", "异策略学习。", "离策略学习。"),
    ("畸变|比特率", "码率 (rate)，失真 (distortion)", "码率与畸变。", "码率与失真。"),
    ("隐空间|潜空间|隐变量空间", "潜在空间", "隐空间的维数。", "潜在空间的维数。"),
    ("变分自动编码", "变分自编码器", "变分自动编码器。", "变分自编码器。"),
    ("生成式模型", "生成模型", "一种生成式模型。", "一种生成模型，「生成式模型包含……」。"),
    ("(?<!随)时间反向传播|时间的反向传播", "随时间反向传播", "沿时间反向传播。", "随时间反向传播。"),
    ("(?:会|呈|以|成|按)指数(?:地|式|阶|般|(?=[增减衰缩放爆]))|指数(?:地|阶)", "指数级",
     "梯度会指数衰减。", "梯度会指数级衰减；指数函数。"),
    ("(?<!小车)倒立摆|车杆|平衡杆", "小车倒立摆", "在倒立摆上。", "在小车倒立摆上。"),
    (rf"(?<=[{HAN}，。；：、（])[^{HAN}A-Za-z\n]*\d\s+[%％]|\d\s+[%％](?=\s?[{HAN}，。；：、）])",
     "98%，数字与百分号之间不空格", "准确率为 98 %。", "准确率为 98%；about 98 %."),
]  # fmt: skip
QUOTED = re.compile(r"「[^」]*」")
NAMED = re.compile("文章|短文|禅与计算机程序设计艺术")
PLACES = [
    "*.md", "docs/**/*.md", "docs/**/*.toml", "docs/**/*.html", "docs/*.js", "data/*.md", "benchmarks/*.md",
    "notebooks/src/*.py", "notebooks/answers/*.py", "notebooks/assignments/**/*.py", "dlcourse/**/*.py",
    "dlcourse/publishing/templates/**/*.j2",
]  # fmt: skip
FILES = sorted({path for place in PLACES for path in ROOT.glob(place)})


def wrong(text):
    """What is amiss with the Chinese of a text: list of sentences, each with its line's number."""
    text = QUOTED.sub(lambda found: "\n" * found[0].count("\n"), text)
    found = [
        (text[: hit.start()].count("\n") + 1, hit[0].strip(), better)
        for form, better, *_ in FORMS
        for hit in re.finditer(form, text)
    ]
    line = 1
    for paragraph in re.split(r"(\n[#>\s]*\n)", text):
        if "文中" in paragraph and not NAMED.search(paragraph):
            found.append(
                (line + paragraph[: paragraph.index("文中")].count("\n"), "文中", "先说是哪篇文章，或写本章")
            )
        line += paragraph.count("\n")
    return [f"line {number}: {what}; write {better}" for number, what, better in sorted(found)]


def own(path):
    """A file's text without what isn't ours: the article's sentences, and what people type into the search."""
    text = path.read_text("utf-8")
    if path.name == "claims.toml":
        return re.sub(r"^says = .*", "", text, flags=re.MULTILINE)
    return text.split("[other_names]")[0] if path.name == "settings.toml" else text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_chinese_has_one_term_for_one_thing(path):
    if found := wrong(own(path)):
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize(("form", "better", "bad", "good"), FORMS, ids=lambda text: text[:12])
def test_each_form_is_found_and_its_better_one_is_not(form, better, bad, good):
    assert [sentence.endswith(better) for sentence in wrong(f"\n{bad}")] == [True]
    assert wrong(f"\n{bad}")[0].startswith("line 2: ")
    assert wrong(good) == []


def test_the_text_that_is_meant_must_be_named():
    assert wrong("一句话。\n\n其余各处，文中都写明。") == ["line 3: 文中; write 先说是哪篇文章，或写本章"]
    assert wrong("这篇文章有十节。文中没有实验。") == []


def test_every_kind_of_source_is_looked_at():
    names = {path.relative_to(ROOT).as_posix() for path in FILES}
    assert {"README.md", "docs/index.md", "docs/claims.toml", "data/README.md", "dlcourse/show.py"} <= names
    assert len([name for name in names if name.startswith("notebooks/src/")]) > 10
