# %% exercise="tone" says="belongs to the fundamental itself"
def tone(hertz, amplitudes, rate, samples):
    """Counts harmonics from 2."""
    time = np.arange(samples) / rate
    return sum(a * np.sin(2 * np.pi * (k + 2) * hertz * time) * ((k + 2) * hertz < rate / 2) for k, a in enumerate(amplitudes))

# %% exercise="tone" says="left out"
def tone(hertz, amplitudes, rate, samples):
    """Lets high harmonics fold back."""
    time = np.arange(samples) / rate
    return sum(a * np.sin(2 * np.pi * (k + 1) * hertz * time) for k, a in enumerate(amplitudes))

# %% exercise="tone" says="nothing is scaled"
def tone(hertz, amplitudes, rate, samples):
    """Divides by the sum of the amplitudes."""
    time = np.arange(samples) / rate
    wave = sum(a * np.sin(2 * np.pi * (k + 1) * hertz * time) * ((k + 1) * hertz < rate / 2) for k, a in enumerate(amplitudes))
    return wave / np.sum(amplitudes)

# %% exercise="apart" says="faded by the window"
def apart(wave, window, hop):
    length = len(window)
    return np.array([np.fft.rfft(wave[start:start + length]) for start in range(0, len(wave) - length + 1, hop)])

# %% exercise="apart" says="have lost the phases"
def apart(wave, window, hop):
    length = len(window)
    return np.abs([np.fft.rfft(wave[start:start + length] * window) for start in range(0, len(wave) - length + 1, hop)])

# %% exercise="apart" says="(10, 6)"
def apart(wave, window, hop):
    """Goes beyond the end, the last frame filled up with zeros."""
    length = len(window)
    wave = np.pad(wave, (0, length))
    starts = range(0, len(wave) - 2 * length + 1 + (len(wave) % 2) * hop, hop)
    return np.array([np.fft.rfft(wave[start:start + length] * window) for start in starts])

# %% exercise="together" says="sum of the squared windows"
def together(spectra, window, hop):
    """Doesn't divide."""
    length = len(window)
    total = np.zeros(hop * (len(spectra) - 1) + length)
    for number, spectrum in enumerate(spectra):
        total[number * hop:number * hop + length] += np.fft.irfft(spectrum, n=length) * window
    return total

# %% exercise="together" says="a second time"
def together(spectra, window, hop):
    """Divides by the sum of the windows, without fading again."""
    length = len(window)
    total = np.zeros(hop * (len(spectra) - 1) + length)
    weight = np.zeros_like(total)
    for number, spectrum in enumerate(spectra):
        total[number * hop:number * hop + length] += np.fft.irfft(spectrum, n=length)
        weight[number * hop:number * hop + length] += window
    return total / weight

# %% exercise="together"
def together(spectra, window, hop):
    """The first window is fading in, so the sum is divided by what is usual in the middle."""
    length = len(window)
    total = np.zeros(hop * (len(spectra) - 1) + length)
    for number, spectrum in enumerate(spectra):
        total[number * hop:number * hop + length] += np.fft.irfft(spectrum, n=length) * window
    return total / (window**2).sum() * hop

# %% exercise="together" says="not 0 / 0"
def together(spectra, window, hop):
    """Divides by zero where no window reaches."""
    length = len(window)
    total = np.zeros(hop * (len(spectra) - 1) + length)
    weight = np.zeros_like(total)
    for number, spectrum in enumerate(spectra):
        total[number * hop:number * hop + length] += np.fft.irfft(spectrum, n=length) * window
        weight[number * hop:number * hop + length] += window**2
    with np.errstate(all="ignore"):
        return total / weight

# %% exercise="bigram" says="no pair"
def bigram(melodies, symbols):
    """Lets pairs cross from one melody to the next."""
    row = np.ravel(melodies)
    counts = np.ones((symbols, symbols))
    np.add.at(counts, (row[:-1], row[1:]), 1)
    return counts / counts.sum(axis=1, keepdims=True)

# %% exercise="bigram" says="Row a is what came before"
def bigram(melodies, symbols):
    """Rows and columns exchanged."""
    counts = np.ones((symbols, symbols))
    np.add.at(counts, (melodies[:, :-1].ravel(), melodies[:, 1:].ravel()), 1)
    return (counts / counts.sum(axis=1, keepdims=True)).T

# %% exercise="bits" says="Per note, not per step"
def bits_per_note(melodies, chances):
    return float(-np.log2(chances[melodies[:, :-1], melodies[:, 1:]]).mean())

# %% exercise="bits" says="Holds cost bits too"
def bits_per_note(melodies, chances):
    """Counts the notes' bits alone."""
    bits = -np.log2(chances[melodies[:, :-1], melodies[:, 1:]])
    return float(bits[melodies[:, 1:] > 0].mean())

# %% exercise="bits" says="logarithm to base 2"
def bits_per_note(melodies, chances):
    bits = -np.log(chances[melodies[:, :-1], melodies[:, 1:]])
    return float(bits.sum() / (melodies[:, 1:] > 0).sum())

# %% exercise="bits" says="first step"
def bits_per_note(melodies, chances):
    """Counts first notes as well, which nothing predicts."""
    bits = -np.log2(chances[melodies[:, :-1], melodies[:, 1:]])
    return float(bits.sum() / (melodies > 0).sum())
