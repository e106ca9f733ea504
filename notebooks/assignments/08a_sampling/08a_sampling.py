# %% [markdown]
# # Assignment 08a · Sampling · 采样
#
# **You need** chapter 08a. **Time** about two hours; the whole notebook runs in half a minute.
# **Points** 20, of which 6 are given by hand.
#
# **题目** 先算有效样本量，再写梅特罗波利斯采样和蛙跳法，找出采样器中的错误，最后自己设计一个实验。
#
# Write your answers in place of the two lines `# YOUR CODE HERE` and `raise NotImplementedError(...)`. The cell below each
# answer checks it: no output means that nothing was found. These checks see the obvious; more tests run when your work is
# graded, where a cell may take five minutes.
# Before you hand it in: *Kernel → Restart Kernel and Run All Cells*. Don't rename the notebook, don't delete cells.
#

# %%
import numpy as np

# %% [markdown]
# ## 1 · What is it worth? (recall, 3 points)
#
# A chain of `draws` draws has the autocorrelations `rho`, at lags 1, 2, 3 ... up to a lag from which on they are 0. Write its effective sample size.
#

# %% nbgrader={"grade": false, "grade_id": "worth", "locked": false, "schema_version": 3, "solution": true, "task": false}
def effective_size(draws, rho):
    """Number of draws, autocorrelations at lags 1, 2, ... (lags,); the effective sample size, a number."""
    ### BEGIN SOLUTION
    return draws / (1 + 2 * np.sum(rho))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "worth_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

assert effective_size(100, np.zeros(5)) == 100, "Independent draws are worth their number."
assert effective_size(100, np.array([0.5])) < 100, "Draws that resemble each other are worth less."

# %% nbgrader={"grade": true, "grade_id": "worth_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

found = effective_size(600, np.array([0.5, 0.25, 0.125]))
assert abs(found - 600 / 1.875) > 1e-6, "Each lag counts twice: draws before and draws after."
assert abs(found - 600 / 2.0) > 1e-6, "All lags count, not the first alone."
assert abs(found - 600 / 2.75) < 1e-6, f"For 600 draws with 0.5, 0.25, 0.125 it should be {600 / 2.75:.1f}, not {found:.4g}."
assert effective_size(100, np.array([-0.25])) > 100, "Negative correlations make a chain worth more than its draws."
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Accept or stay (4 points)
#
# Write Metropolis' sampler for one number: Gaussian jumps with standard deviation `step`, all places written down.
#

# %% nbgrader={"grade": false, "grade_id": "stay", "locked": false, "schema_version": 3, "solution": true, "task": false}
def metropolis(log_density, start, step, draws, seed):
    """Log density of a number up to a constant, first place, jump size, number of steps; the places after each step (draws,)."""
    ### BEGIN SOLUTION
    rng, place, kept = np.random.default_rng(seed), float(start), []
    for _ in range(draws):
        proposal = place + step * rng.normal()
        if np.log(rng.random()) < log_density(proposal) - log_density(place):
            place = proposal
        kept.append(place)
    return np.array(kept)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "stay_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

found = np.asarray(metropolis(lambda x: -0.5 * x**2, 1.0, 2.0, 500, 0))
assert found.shape == (500,), f"500 steps give 500 places; the answer has the shape {found.shape}."
assert len(np.unique(found)) < 500, "Where a jump is rejected, the place is written down once more."
assert len(np.unique(found)) > 50, "It hardly ever moves: are jumps accepted with the right probability?"

# %% nbgrader={"grade": true, "grade_id": "stay_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

chain = np.asarray(metropolis(lambda x: -0.5 * (x - 3.0) ** 2 / 4.0, 3.0, 4.0, 40_000, 1))
assert len(np.unique(chain)) > 5_000, "Most jumps of two standard deviations' size are sometimes accepted, also downhill."
assert abs(chain.mean() - 3.0) < 0.2, f"The target's mean is 3; the chain's is {chain.mean():.2f}. Is the difference the right way round?"
spread = chain.std()
assert spread > 1.0, f"The target's standard deviation is 2, the chain's {spread:.2f}: downhill jumps must be accepted sometimes."
assert abs(spread - 2.0) < 0.2, f"The target's standard deviation is 2, the chain's {spread:.2f}. Logarithms and densities shouldn't be mixed."
twice = [metropolis(lambda x: -0.5 * (x - 3.0) ** 2 / 4.0, 3.0, 4.0, 100, 1) for _ in range(2)]
assert np.array_equal(*twice), "The same seed should give the same chain: take all chance from one generator."
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Half a push (4 points)
#
# Write the leapfrog for one number: `leapfrogs` steps, each half a push, a glide, half a push.
#

# %% nbgrader={"grade": false, "grade_id": "leapfrog", "locked": false, "schema_version": 3, "solution": true, "task": false}
def leapfrog(gradient, x, v, step, leapfrogs):
    """Gradient of the log density (a function), place, momentum, step size, number of steps; place and momentum at the end."""
    ### BEGIN SOLUTION
    for _ in range(leapfrogs):
        v = v + step / 2 * gradient(x)
        x = x + step * v
        v = v + step / 2 * gradient(x)
    return x, v
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "leapfrog_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
x, v = leapfrog(lambda x: 0.0 * x, 1.0, 0.5, 0.1, 10)
assert abs(x - 1.5) < 1e-12 and abs(v - 0.5) < 1e-12, "On a plain without slope it glides on as it is, ten times a tenth of its momentum."

# %% nbgrader={"grade": true, "grade_id": "leapfrog_test", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
x, v = leapfrog(lambda x: -x, 1.0, 0.0, 1.0, 1)
assert abs(x - 1.0) > 1e-9, "The place moves by the momentum after the first half push, not by the one before."
assert not (abs(x - 0.0) < 1e-9), "That was a whole push before the glide: half before, half after."
assert abs(v + 0.5) > 1e-9, "The second half push is missing."
assert abs(v + 1.0) > 1e-9, "The second half push takes the slope at the new place."
assert abs(x - 0.5) < 1e-9 and abs(v + 0.75) < 1e-9, f"From 1 at rest, one step of size 1 ends at 0.5 with -0.75, not at {x:.3g} with {v:.3g}."
end = leapfrog(lambda x: -(x**3), 0.7, -0.4, 0.2, 13)
back = leapfrog(lambda x: -(x**3), end[0], -end[1], 0.2, 13)
assert abs(back[0] - 0.7) < 1e-9 and abs(back[1] - 0.4) < 1e-9, "With the momentum turned round it should come back to where it began."
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Find the fault (3 points)
#
# A probability $p$ between 0 and 1 has the log density `log_density(p)`. A student walks on its logit $\theta = \ln \frac{p}{1 - p}$ with this log density of $\theta$. R-hat is 1.00,
# but the draws' histogram isn't the density's.
#

# %%
def faulty(log_density):
    """The log density of θ, a function."""
    return lambda theta: log_density(1 / (1 + np.exp(-theta)))

# %% [markdown]
# Write it right.
#

# %% nbgrader={"grade": false, "grade_id": "change", "locked": false, "schema_version": 3, "solution": true, "task": false}
def log_density_of_logit(log_density):
    """Log density of a probability (a function); the log density of its logit, a function too."""
    ### BEGIN SOLUTION
    def changed(theta):
        p = 1 / (1 + np.exp(-theta))
        return log_density(p) + np.log(p) + np.log(1 - p)

    return changed
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "change_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import numpy as np

changed = log_density_of_logit(lambda p: 0.0 * p)
assert callable(changed), "It gives a function of θ."
assert changed(3.0) < changed(0.0), "A uniform probability is seldom near 1: its logit is more often near 0 than near 3."

# %% nbgrader={"grade": true, "grade_id": "change_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More tests run here when your work is graded.
### BEGIN HIDDEN TESTS
import numpy as np

changed = log_density_of_logit(lambda p: 2.0 * np.log(p) + 0.5 * np.log(1 - p))
theta = np.linspace(-3.0, 2.5, 12)
p = 1 / (1 + np.exp(-theta))
found, plain = np.array([changed(t) for t in theta]), 2.0 * np.log(p) + 0.5 * np.log(1 - p)
factor = p * (1 - p)
assert not np.allclose(found, plain), "The place is changed, the length isn't: how long is a small step of θ, measured in p?"
assert not np.allclose(found, plain - np.log(factor)), "The factor stands on the wrong side."
assert not np.allclose(found, plain + factor), "The density is multiplied; what is added to its logarithm?"
assert not np.allclose(found, plain + theta), "That is the factor of a logarithm. How does p change with its logit?"
right = plain + np.log(factor)
assert np.allclose(found - found[0], right - right[0]), "It isn't the density of the logit: try one value by hand."
assert np.allclose(found, right), "A constant is added that a chain doesn't see, but the mass is no longer 1."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# ## 5 · Your own experiment (open, 6 points)
#
# *"A walk is best when half of its jumps are accepted."* Design an experiment that could refute this sentence. In the next cell, and in as many cells of
# your own as you need after it:
#
# - say before you run what you expect, and what outcome would refute the sentence, with a number (1 point);
# - jump sizes no farther apart than a factor of 2, so that the best one lies inside your list (1 point);
# - efficiency by effective sample size or by the error of the mean, over five seeds or more, with its spread (1 point);
# - two targets of different dimension (1 point).
#
# Then conclude, in three to six sentences in the last cell: what was shown, what wasn't, what you would measure next (2 points).
#
# ### BEGIN MARK SCHEME
# **How to mark.** The first four points are given here, the last two at the report.
#
# | points | given for | not for |
# | --- | --- | --- |
# | 1 | a prediction and a refuting outcome, with a number, before the measurement | "acceptance matters" |
# | 1 | jump sizes in steps of 2 or finer, the best inside the list | the best at an end of the list |
# | 1 | effective size or the mean's error, five seeds or more, spread shown | acceptance alone as the measure |
# | 1 | two dimensions or more compared | one target |
# | 1 | a conclusion that the numbers carry, whichever it is | a conclusion known before |
# | 1 | what wasn't shown (other shapes of targets), and a next measurement | a list of phrases |
#
# What is usually found: in one dimension the best walk accepts somewhat less than half (theory: 0.44), and from 0.35 to 0.5 the
# difference is a few per cent; in ten dimensions it accepts about a quarter (theory: 0.23 in many dimensions), and at one half the squared error is a quarter to a third
# larger. So the sentence is nearly right on a line, and in ten dimensions it names the wrong place.
# ### END MARK SCHEME
#

# %% nbgrader={"grade": false, "grade_id": "open_experiment", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
def error_and_acceptance(dimension, step, seed, chains=200, draws=400):
    """Mean squared error of the mean of the first coordinate, and the share of jumps accepted."""
    rng = np.random.default_rng([seed, dimension])
    x = rng.normal(size=(chains, dimension))  # begins in the target
    total, accepted = np.zeros(chains), 0
    for _ in range(draws):
        there = x + step * rng.normal(size=x.shape)
        accept = np.log(rng.random(chains)) < 0.5 * ((x**2).sum(axis=1) - (there**2).sum(axis=1))
        x = np.where(accept[:, None], there, x)
        total, accepted = total + x[:, 0], accepted + accept.mean()
    return ((total / draws) ** 2).mean(), accepted / draws


# Expected: about 45 % on a line, less in ten dimensions. Refuted if the error at one half accepted is over 1.3 times the smallest.
for dimension in (1, 10):
    for step in 2.4 / np.sqrt(dimension) * 2.0 ** np.arange(-2, 2.5, 0.25):
        found = np.array([error_and_acceptance(dimension, step, seed) for seed in range(5)])
        print(dimension, f"step {step:.2f}: error {found[:, 0].mean():.4f} ± {found[:, 0].std():.4f}, accepted {found[:, 1].mean():.2f}")
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "open_report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# On a line the error is smallest where a little less than half of the jumps are accepted, and hardly larger where half are, so the sentence isn't refuted there. In ten
# dimensions the smallest error comes at about a quarter, and at one half it is about 1.3 times that: at the edge of what I called a refutation, so five seeds don't decide. Not shown: targets that
# aren't Gaussian, or whose directions have different widths. Next I would take ten times as many seeds at these two sizes.
# ### END SOLUTION
#
