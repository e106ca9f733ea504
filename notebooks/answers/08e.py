"""Chapter 08e's exercises: what is expected, hints by wrong answer, worked solutions."""

import numpy as np

from dlcourse.exercises import Exercise


def exercise_1():
    """Hertz between neighbouring frequencies."""
    rate, length, hop = 16_000, 1_024, 256
    return Exercise(
        expected=rate / length,
        wrong=[
            (rate / hop, "That is how many frames there are per second."),
            (length / rate, "That is how long a frame lasts, in seconds."),
            (rate / 2 / length, "Half the rate is reached after half as many frequencies as samples."),
            (rate / (1 + length // 2), "The highest frequency is half the rate, not the rate."),
        ],
        hints=[
            "Frequency number 1 turns once within a frame. How long does a frame last?",
            "A frame lasts 1,024 / 16,000 seconds; the hop doesn't matter.",
        ],
        solution=[
            "Frequency number $k$ turns $k$ times within a frame of $1024 / 16000$ s, so it is $15.625\\,k$ Hz.",
            "```python\nanswer = 16_000 / 1_024\n```",
        ],
    )


def exercise_2():
    """Bits per note."""
    chances = np.array([1 / 2, 1 / 4, 1 / 2, 1 / 8, 1 / 2, 1 / 2, 1 / 4, 1 / 2])
    total = -np.log2(chances).sum()
    return Exercise(
        expected=total / 4,
        wrong=[
            (total / 8, "That is per step. Holds cost bits too, but they aren't notes."),
            (total, "That is for the whole bar."),
            (-np.log(chances).sum() / 4, "Those are nats."),
            (-np.log2(chances.mean()), "The logarithms are added up, not the probabilities averaged."),
        ],
        hints=[
            "A step of probability 1/8 costs 3 bits.",
            "Add up the bits of all eight steps, and divide by the number of notes.",
        ],
        solution=[
            "$1 + 2 + 1 + 3 + 1 + 1 + 2 + 1 = 12$ bits for four notes.",
            "```python\nchances = [1/2, 1/4, 1/2, 1/8, 1/2, 1/2, 1/4, 1/2]\nanswer = -np.log2(chances).sum() / 4\n```",
        ],
    )


def exercise_3():
    return Exercise(
        judge=_judge_share,
        hints=[
            "A harmonic of unknown phase is a sum of a sine and a cosine, so it takes two columns.",
            "`np.linalg.lstsq(waves, wave, rcond=None)[0]`, with `waves` (samples, 2 · harmonics); harmonics "
            "below 4,000 Hz.",
        ],
        solution=[
            "What least squares keeps is orthogonal to what it leaves, so that its power is at most the wave's.",
            "```python\ndef answer(wave, hertz):\n    k = np.arange(1, int(np.ceil(4_000 / hertz)))\n"
            "    angle = 2 * np.pi * hertz * k * np.arange(len(wave))[:, None] / 8_000\n"
            "    waves = np.concatenate([np.sin(angle), np.cos(angle)], axis=1)\n"
            "    kept = waves @ np.linalg.lstsq(waves, wave, rcond=None)[0]\n"
            "    return (kept**2).sum() / (wave**2).sum()\n```",
        ],
    )


def _judge_share(share):
    """None where a function is the one that exercise 3 asks for, else what to think about."""
    if not callable(share):
        return "The answer is a function of a wave and a fundamental in hertz."
    time = np.arange(2_000) / 8_000
    random = np.random.default_rng(0)

    def tone(hertz, phases):
        k = np.arange(1, len(phases) + 1)
        return (np.sin(2 * np.pi * hertz * k * time[:, None] + phases) / k).sum(axis=1)

    pure = float(share(tone(200, np.zeros(5)), 200))
    if not np.isclose(pure, 1, atol=1e-3):
        return f"A tone of 200 Hz with five harmonics has all of its power at multiples of 200 Hz: 1, not {pure:.3g}."
    turned = float(share(tone(200, random.uniform(0, 6, 5)), 200))
    if not np.isclose(turned, 1, atol=1e-3):
        return (
            "With other phases the same tone gives less. A harmonic may begin anywhere: take cosines as well."
        )
    other = float(share(tone(230, np.zeros(5)), 200))
    if not 0 <= other < 0.2:
        return f"A tone of 230 Hz has next to nothing at multiples of 200 Hz; got {other:.3g}."
    time = np.arange(1_900) / 8_000  # no whole number of periods
    for wave, hertz in ((tone(187, np.zeros(5)), 187), (tone(187, random.uniform(0, 6, 5)), 200)):
        if not np.isclose(float(share(wave, hertz)), _share(wave, hertz), atol=0.003):
            return (
                "1,900 samples of 187 Hz, asked at 187 and at 200 Hz: sines that don't end with a period overlap. "
                "Least squares sees to that; sums of products don't."
            )
    time = np.arange(2_000) / 8_000
    noise = random.normal(size=2_000)
    if not np.isclose(
        float(share(tone(200, np.zeros(5)) + noise, 200)), _share(tone(200, np.zeros(5)) + noise), atol=0.003
    ):
        return "With noise added the share should fall to what harmonics up to 4,000 Hz can explain of the whole."
    for wave, hertz, says in (
        (
            tone(100, np.zeros(30)),
            100,
            "A tone of 100 Hz with thirty harmonics: all below 4,000 Hz count, not only twenty.",
        ),
        (
            np.sin(2 * np.pi * 3_800 * time),
            300,
            "3,800 Hz asked at 300 Hz: a harmonic above 4,000 Hz came back as another.",
        ),
        (np.ones(2_000), 200, "A constant has no harmonic of 200 Hz: no column of ones, please."),
    ):
        if not np.isclose(float(share(wave, hertz)), _share(wave, hertz), atol=0.003):
            return says
    loud = float(share(10 * (tone(200, np.zeros(5)) + noise), 200))
    if not np.isclose(loud, _share(tone(200, np.zeros(5)) + noise), atol=0.003):
        return "Ten times louder, the share should stay as it is: divide by the wave's own power."
    return None


def _share(wave, hertz=200):
    k = np.arange(1, int(np.ceil(4_000 / hertz)))
    angle = 2 * np.pi * hertz * k * np.arange(len(wave))[:, None] / 8_000
    waves = np.concatenate([np.sin(angle), np.cos(angle)], axis=1)
    return float(((waves @ np.linalg.lstsq(waves, wave, rcond=None)[0]) ** 2).sum() / (wave**2).sum())


def exercise_4():
    return Exercise(
        hints=[
            "`study.fit_tones(tones, hertz * 2 ** (cents / 1200), steps=150, frames=11, learn_pitch=True)` gives the "
            "synthesisers; `model.cents()` is how far the pitch was moved.",
            "Under Hann's window a sine is about four of its frame's frequencies wide, 62 Hz at 512 samples. How many "
            "hertz does a start 80 cents too high put the tenth harmonic of 220 Hz off?",
        ],
        solution=[
            "```python\nfor cents in (5, 10, 20, 40, 80, 160):\n"
            "    start = hertz * 2 ** (cents / 1200)\n"
            "    model, _ = study.fit_tones(tones, start, steps=150, frames=11, learn_pitch=True)\n"
            "    print(cents, show.mask(np.round(cents + model.cents(), 1)))\n```",
            "The nearer, the surer: from 20 cents each tone is found, from 200 none, and in between some are lost "
            "earlier and some later. The tenth harmonic is ten times as far off in hertz as the first.",
        ],
    )


def exercise_5():
    return Exercise(
        hints=[
            "Levels far below a loud one near them in frequency may be masked by it: nobody hears them. A measure may "
            "leave them out, or weigh frequencies by their loudness.",
            "Write the measure and the difference that would count down before you look at any model's numbers.",
        ],
        solution=[
            "One way, a crude one: only levels within 30 dB of the frame's loudest count.",
            "```python\ndef heard_distance(found, frames):\n"
            "    near = frames > frames.max(axis=-1, keepdims=True) - 0.5\n"
            "    return 60 * np.sqrt(((found - frames) ** 2)[near].mean())\n\n"
            "for seed in SEEDS:\n    part = all_frames[seed]['held-out notes']\n"
            "    print(show.mask([round(heard_distance(give_back(part), part), 1) for give_back in (\n"
            "        lambda x: of_frames[seed].reconstruct(x).numpy(), component_code(all_frames[seed], 48))]))\n```",
            "Whatever comes out, say for which listener it holds: without a listening test a measure is a guess about "
            "ears. And 48 numbers against 16 is another question than 16 against 16.",
        ],
    )
