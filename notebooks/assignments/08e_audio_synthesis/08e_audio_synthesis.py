# %% [markdown]
# # Assignment 08e · Audio synthesis · 音频合成
#
# **You need** chapter 08e. **Time** about two hours; the whole notebook runs in half a minute.
# **Points** 22, of which 6 are given by hand.
#
# **题目** 先写加法合成，再写短时傅里叶变换和它的逆变换，然后写二元语法并算出每音符比特数，最后自己设计一个实验：帧长与帧移怎样影响没有相位时的重建。
#
# Write where it says `YOUR CODE HERE`, and take the line `raise NotImplementedError()` away. The cell below each answer
# checks it: no output means that nothing was found. These checks see the obvious; more tests run when your work is graded.
# Before you hand it in: *Kernel → Restart Kernel and Run All Cells*. Don't rename the notebook, don't delete cells.
#

# %%
import numpy as np

# %% [markdown]
# ## 1 · A tone (4 points)
#
# A tone is a sum of harmonics: number $k$ = 1, 2, ... has the amplitude `amplitudes[k - 1]` and the frequency $k$ times
# `hertz`. At `rate` samples per second, what lies at half the rate or above is left out: it would sound as another
# frequency.
#

# %% nbgrader={"grade": false, "grade_id": "tone", "locked": false, "schema_version": 3, "solution": true, "task": false}
def tone(hertz, amplitudes, rate, samples):
    """A sum of sines that begin at 0: float array (samples,)."""
    ### BEGIN SOLUTION
    time = np.arange(samples) / rate
    wave = np.zeros(samples)
    for k, amplitude in enumerate(amplitudes, start=1):
        if k * hertz < rate / 2:
            wave += amplitude * np.sin(2 * np.pi * k * hertz * time)
    return wave
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "tone_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

assert np.shape(tone(100, [1.0], 800, 8)) == (8,), "One value for each sample."
assert np.allclose(tone(100, [1.0], 800, 3), [0, np.sqrt(0.5), 1]), "At 800 samples per second a tone of 100 Hz turns by an eighth per sample."

# %% nbgrader={"grade": true, "grade_id": "tone_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

time = np.arange(50) / 8_000
found = np.asarray(tone(300, [0.5, 0.0, 0.2], 8_000, 50))
right = 0.5 * np.sin(2 * np.pi * 300 * time) + 0.2 * np.sin(2 * np.pi * 900 * time)
shifted = 0.5 * np.sin(2 * np.pi * 600 * time) + 0.2 * np.sin(2 * np.pi * 1_200 * time)
assert not np.allclose(found, shifted), "The first amplitude belongs to the fundamental itself, k = 1."
assert not np.allclose(found, right / 0.7), "Amplitudes stay as they are given; nothing is scaled."
assert np.allclose(found, right), "A sum of sines at 300 and 900 Hz with amplitudes 0.5 and 0.2."
found = np.asarray(tone(1_500, [0.3, 0.2, 0.9, 0.4], 8_000, 50))
assert np.allclose(found, tone(1_500, [0.3, 0.2], 8_000, 50)), "4,500 and 6,000 Hz lie above half of 8,000 samples per second: left out."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Apart and together again (6 points)
#
# `window` (length,) fades a frame in and out. Frame $t$ starts at sample $t \cdot$ `hop` (the chapter's are centred there); only frames that lie wholly within the wave are
# taken.
#

# %% nbgrader={"grade": false, "grade_id": "apart", "locked": false, "schema_version": 3, "solution": true, "task": false}
def apart(wave, window, hop):
    """The spectrum of each faded frame, complex (frames, 1 + length // 2), by np.fft.rfft."""
    ### BEGIN SOLUTION
    length = len(window)
    starts = range(0, len(wave) - length + 1, hop)
    return np.array([np.fft.rfft(wave[start:start + length] * window) for start in starts])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "apart_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

assert np.shape(apart(np.ones(20), np.ones(8), 4)) == (4, 5), "20 samples hold four frames of 8, a hop of 4 apart, of 5 frequencies each."

# %% nbgrader={"grade": true, "grade_id": "apart_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

random = np.random.default_rng(0)
wave, fade = random.normal(size=37), random.uniform(0.2, 1, 10)
found = np.asarray(apart(wave, fade, 3))
assert found.shape == (10, 6), f"37 samples hold ten frames of 10, a hop of 3 apart: (10, 6), not {found.shape}."
k, n = np.arange(6)[:, None], np.arange(10)
kernel = np.exp(-2j * np.pi * k * n / 10)
right = np.array([kernel @ (fade * wave[3 * t:3 * t + 10]) for t in range(10)])
plain = np.array([kernel @ wave[3 * t:3 * t + 10] for t in range(10)])
assert not np.allclose(found, plain), "Each frame is faded by the window before its spectrum is taken."
assert np.iscomplexobj(found), "Spectra are complex: magnitudes alone have lost the phases."
assert np.allclose(found, right), "The Fourier transform of each faded frame is asked for."
### END HIDDEN TESTS

# %% [markdown]
# Now back. Turn each frame back with `np.fft.irfft`, fade it once more, add it at its place; add up the *squared* windows in the same places, and
# divide. Where no window reaches, the wave is 0.
#

# %% nbgrader={"grade": false, "grade_id": "together", "locked": false, "schema_version": 3, "solution": true, "task": false}
def together(spectra, window, hop):
    """The wave, float (hop * (frames - 1) + length,)."""
    ### BEGIN SOLUTION
    length = len(window)
    total = np.zeros(hop * (len(spectra) - 1) + length)
    weight = np.zeros_like(total)
    for number, spectrum in enumerate(spectra):
        place = slice(number * hop, number * hop + length)
        total[place] += np.fft.irfft(spectrum, n=length) * window
        weight[place] += window**2
    return np.where(weight > 1e-12, total / np.maximum(weight, 1e-12), 0.0)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "together_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

once = np.array([np.fft.rfft(np.arange(1.0, 9.0))])
assert np.allclose(together(once, np.ones(8), 4), np.arange(1.0, 9.0)), "A single frame under a window of ones is the wave itself."

# %% nbgrader={"grade": true, "grade_id": "together_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

random = np.random.default_rng(1)
wave, fade = random.normal(size=36), random.uniform(0.2, 1, 8)
frames = np.array([np.fft.rfft(wave[4 * t:4 * t + 8] * fade) for t in range(8)])
found = np.asarray(together(frames, fade, 4))
assert found.shape == (36,), f"Eight frames of 8, a hop of 4 apart, end at sample 36: shape (36,), not {found.shape}."
assert np.abs(found).max() > 0, "The wave is not silent."
assert np.allclose(found, wave), "Spectra of a wave must give that wave back: divide by the sum of the squared windows."
strange = random.normal(size=(5, 5)) + 1j * random.normal(size=(5, 5))
strange[:, [0, -1]] = strange[:, [0, -1]].real
found = np.asarray(together(strange, fade, 4))
columns = []
for sample in range(24):
    one = np.zeros(24)
    one[sample] = 1
    columns.append(np.concatenate([one[4 * t:4 * t + 8] * fade for t in range(5)]))
pieces = np.concatenate([np.fft.irfft(spectrum, n=8) for spectrum in strange])
nearest = np.linalg.lstsq(np.array(columns).T, pieces, rcond=None)[0]
assert np.allclose(found, nearest), "Of spectra that no wave has, the nearest wave in squares is asked for: fade each frame a second time before adding."
hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(8) / 8)
frames = np.array([np.fft.rfft(wave[4 * t:4 * t + 8] * hann) for t in range(8)])
with np.errstate(all="ignore"):
    found = np.asarray(together(frames, hann, 4))
assert np.isfinite(found).all(), "Hann's window is 0 at its first sample: where no window reaches, the wave is 0, not 0 / 0."
assert np.isclose(found[0], 0) and np.allclose(found[1:], wave[1:]), "Under Hann's window all but the first sample must come back."
odd = np.random.default_rng(2).normal(size=13)
assert np.allclose(together(np.array([np.fft.rfft(odd)]), np.ones(13), 5), odd), "A frame of 13 samples has 7 frequencies, and so has one of 12: tell irfft the length."
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Bits per note (6 points)
#
# A melody is a row of symbols from 0 to `symbols - 1`; 0 means *hold*. A bigram counts how often $b$ came right after $a$, and gives
# $p(b \mid a) = (n(ab) + 1) / (n(a) + \text{symbols})$, where $n(a)$ counts how often $a$ had a successor.
#

# %% nbgrader={"grade": false, "grade_id": "bigram", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bigram(melodies, symbols):
    """p(b | a) as float array (symbols, symbols), row a, from int melodies (n, steps); no pair crosses melodies."""
    ### BEGIN SOLUTION
    counts = np.ones((symbols, symbols))
    np.add.at(counts, (melodies[:, :-1].ravel(), melodies[:, 1:].ravel()), 1)
    return counts / counts.sum(axis=1, keepdims=True)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "bigram_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

assert np.allclose(bigram(np.array([[0, 1, 0, 1]]), 2).sum(axis=1), 1), "Each row is a distribution."

# %% nbgrader={"grade": true, "grade_id": "bigram_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

given = np.array([[0, 1, 0, 1], [1, 1, 2, 2]])
found = np.asarray(bigram(given, 4))
right = np.array([[1, 3, 1, 1], [2, 2, 2, 1], [1, 1, 2, 1], [1, 1, 1, 1]], float)
right /= right.sum(axis=1, keepdims=True)
crossing = np.array([[1, 3, 1, 1], [2, 3, 2, 1], [1, 1, 2, 1], [1, 1, 1, 1]], float)
assert found.shape == (4, 4), f"Four symbols, also where one never came: (4, 4), not {found.shape}."
assert not np.allclose(found, crossing / crossing.sum(axis=1, keepdims=True)), "The end of a melody and the next one's beginning are no pair."
assert not np.allclose(found, right.T), "Row a is what came before, column b what came after."
assert np.allclose(found[3], 0.25), "What was never seen has the same probability for every successor."
assert np.allclose(found, right), f"Expected {right.round(3).tolist()}, not {found.round(3).tolist()}."
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "bits", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bits_per_note(melodies, chances):
    """Bits of all steps but each melody's first, over the number of notes (symbols above 0) among these steps: a float.

    melodies int (n, steps); chances (symbols, symbols) as bigram gives them.
    """
    ### BEGIN SOLUTION
    bits = -np.log2(chances[melodies[:, :-1], melodies[:, 1:]])
    return bits.sum() / (melodies[:, 1:] > 0).sum()
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "bits_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

assert np.isclose(bits_per_note(np.array([[1, 1, 1]]), np.full((2, 2), 0.5)), 1), "Two notes of probability 1/2 cost one bit each."

# %% nbgrader={"grade": true, "grade_id": "bits_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

chances = np.array([[0.5, 0.25, 0.25], [0.125, 0.5, 0.375], [0.25, 0.25, 0.5]])
given = np.array([[1, 0, 2, 0], [2, 2, 0, 0]])
found = float(bits_per_note(given, chances))
bits = 3 + 2 + 2 + 1 + 2 + 1  # by hand: 1>0, 0>2, 2>0, 2>2, 2>0, 0>0
notes = 2
assert not np.isclose(found, bits / 6), "Per note, not per step: holds cost bits, but are no notes."
assert not np.isclose(found, (2 + 1) / 2), "Holds cost bits too: a model must say how long a note lasts."
assert not np.isclose(found, bits / notes * np.log(2)), "Bits, the logarithm to base 2; that is nats."
assert not np.isclose(found, bits / 4), "Notes that are a melody's first step are predicted from nothing, and don't count."
assert np.isclose(found, bits / notes), f"11 bits for two notes: {bits / notes}, not {found:.4g}."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 4 · How far apart may frames be? (open, 6 points)
#
# *"A wave is found again from its magnitudes, whatever the frames."* Griffin and Lim's steps need nothing but your `apart` and `together`: from random
# phases, put a wave together, take it apart, keep the phases and put the given magnitudes back. Design an experiment that could refute this sentence, or a part of it
# that you choose and write down. In the next cell, and in as many cells of your own as you need after it:
#
# - say before you run what you expect, and what outcome would refute the sentence (1 point);
# - the distance between the given magnitudes and those of the wave found, in dB, after equally many steps (1 point);
# - three waves or more of different kinds, or three random starts or more, with their spread (1 point);
# - one thing changed, all else alike: the hop, or the frames' length at the same share of overlap (1 point).
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction and a refuting outcome, with a number, before the measurement | "it will be worse" |
# | 1 | a distance of magnitudes in dB, relative to the given ones, at equally many steps | samples compared with samples: another phase is no fault |
# | 1 | three waves or starts or more, with their spread | one run each |
# | 1 | one thing varied, all else alike | hop and length changed at once |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (made-up tones, few steps, nobody listened), and a next measurement | a list of phrases |
#
# What is usually found, for noise: with frames that hardly overlap the magnitudes are met closely, and the wave is
# another one: little is asked of it. With more overlap the distance is larger, and the magnitudes of frames in between
# are nearer to the true ones. A small distance alone doesn't show that the wave was found: full marks for who sees
# that.
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# Expected: the less the frames overlap, the worse the wave that is found. The sentence is refuted if some hop leaves
# the tone's largest frequency wrong, or the distance above -10 dB, in every start.
def found_again(wave, window, hop, seed, steps=60):
    """A wave from magnitudes alone, and its distance in dB."""
    magnitudes = np.abs(apart(wave, window, hop))
    phases = np.exp(2j * np.pi * np.random.default_rng(seed).random(magnitudes.shape))
    for _ in range(steps):
        spectra = apart(together(magnitudes * phases, window, hop), window, hop)
        phases = spectra / np.maximum(np.abs(spectra), 1e-12)
    other = together(magnitudes * phases, window, hop)
    share = np.linalg.norm(magnitudes - np.abs(apart(other, window, hop))) / np.linalg.norm(magnitudes)
    return other, 20 * np.log10(share)


waves = {"one tone": tone(313, [1.0], 8_000, 3_072), "harmonics": tone(150, [1, 0.7, 0.5, 0.3, 0.2], 8_000, 3_072),
         "noise": np.random.default_rng(0).normal(size=3_072)}
fade = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(256) + 0.5) / 256)
fine = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(256) + 0.5) / 256)
for name, wave in waves.items():
    for hop in (32, 64, 128):
        distances, apart_by = [], []
        for seed in range(3):
            other, distance = found_again(wave, fade, hop, seed)
            theirs, ours = (np.abs(apart(one, fine, 16)) for one in (wave[:len(other)], other))
            distances.append(distance)
            apart_by.append(20 * np.log10(np.linalg.norm(theirs - ours) / np.linalg.norm(theirs)))
        print(f"{name}, hop {hop}: given frames {np.round(distances, 1)} dB, frames a hop of 16 apart {np.round(apart_by, 1)} dB")
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Of the two outcomes that I had named I measured one, the distance, and it didn't come out: at every hop, in every
# start, the given frames are met to -14 dB or better. But the sentence is refuted in another way, for noise: at a hop
# of half a frame the given frames are met best of all, to about -24 dB, while frames in between, which nobody gave, are
# met to about -8 dB only. So the wave isn't the one that was there: few frames ask little. At a hop of an eighth of a
# frame both numbers agree. For the tones both are good at a hop of a quarter. It isn't shown what one would hear, nor
# what more than 60 steps do. Next I would take recorded notes, and stop by the distance instead of after equally many
# steps.
# ### END SOLUTION
