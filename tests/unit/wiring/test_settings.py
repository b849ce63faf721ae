"""Settings: precedence, conversion, origins, and every way to be refused."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.wiring.reading import load, refusals

import hubbub
from hubbub.wiring.settings import (
    Loaded,
    Settings,
    SettingsRefused,
    bound,
    keys,
    load_settings,
)


def test_nothing_set_gives_the_defaults_and_says_so(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    assert loaded.settings == Settings()
    assert {str(origin) for origin in loaded.origins.values()} == {"default"}


def test_defaults_are_those_of_the_protocol() -> None:
    limits = Settings().limits
    assert (limits.content_chars, limits.emoji_bytes, limits.emoji_per_message) == (8_000, 32, 20)
    assert (limits.send_per_second, limits.send_burst, limits.typing_per_second) == (20, 40, 1)
    assert (limits.befriend_per_hour, limits.create_room_per_hour, limits.invite_per_hour) == (30, 30, 30)
    assert (limits.connections_per_user, limits.signups_per_address) == (20, 20)
    assert (limits.logins_per_address, limits.logins_per_account) == (10, 10)
    assert (limits.request_bytes, limits.reply_bytes, limits.outgoing_bytes) == (
        128 * 1024,
        1024 * 1024,
        1024 * 1024,
    )
    assert (limits.replay_per_chat, limits.replay_per_hello, limits.crowd, limits.history_page) == (
        500,
        5_000,
        200,
        300,
    )


def test_every_default_would_be_accepted_if_it_were_written(tmp_path: Path) -> None:
    written = {
        name: list(value) if isinstance(value, tuple) else value for name, value in keys.flatten(Settings())
    }
    assert load(tmp_path, options=written).settings == Settings()


def test_each_source_overrides_the_one_before(tmp_path: Path) -> None:
    toml = "port = 1\ninternal_port = 2\nheartbeat_ms = 1000\n"
    env = {"HUBBUB_PORT": "11", "HUBBUB_INTERNAL_PORT": "12"}
    loaded = load(tmp_path, toml, env, {"port": 21})
    assert (loaded.settings.port, loaded.settings.internal_port, loaded.settings.heartbeat_ms) == (
        21,
        12,
        1000,
    )
    origins = {name: str(loaded.origins[name]) for name in ("port", "internal_port", "heartbeat_ms", "host")}
    assert origins == {
        "port": "--port",
        "internal_port": "HUBBUB_INTERNAL_PORT",
        "heartbeat_ms": "hubbub.toml",
        "host": "default",
    }


def test_an_option_that_was_not_given_changes_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, options={"port": None}).settings.port == Settings().port


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", sorted(keys.KEYS))
def test_every_key_is_a_toml_key_a_variable_and_documented(name: str, tmp_path: Path) -> None:
    key = keys.KEYS[name]
    assert key.variable == "HUBBUB_" + name.replace(".", "_").upper()
    assert key.doc.endswith(".")
    assert keys.find_variable(key.variable) == key
    text = ",".join(key.default) if key.is_list else _written(key.default)
    loaded = load(tmp_path, env={key.variable: text})
    assert loaded.settings == Settings()
    assert str(loaded.origins[name]) == key.variable


def test_every_knob_does_something() -> None:
    source = Path(hubbub.__file__).parent
    modules = [ast.parse(path.read_text()) for path in source.rglob("*.py") if "settings" not in path.parts]
    nodes = [node for module in modules for node in ast.walk(module)]
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    words = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    used |= {f"{word}_per_hour" for word in words}  # wiring/parts reads these three in a loop
    unused = {name for name in keys.KEYS if name.rsplit(".", 1)[-1] not in used}
    assert unused == set()


def test_variables_are_not_ambiguous() -> None:
    assert len(keys.VARIABLES) == len(keys.KEYS)


def test_variables_are_parsed(tmp_path: Path) -> None:
    env = {
        "HUBBUB_LIMITS_SEND_PER_SECOND": "0.5",
        "HUBBUB_AUTH_SIGNUP_OPEN": "false",
        "HUBBUB_ALLOWED_ORIGINS": "https://a.example, https://b.example:8443",
        "HUBBUB_TRUSTED_PROXIES": '["10.0.0.0/8","::1"]',
    }
    settings = load(tmp_path, env=env).settings
    assert settings.limits.send_per_second == 0.5
    assert settings.auth.signup_open is False
    assert settings.allowed_origins == ("https://a.example", "https://b.example:8443")
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")


@pytest.mark.parametrize("source", ["HUBBUB_CONFIG", "option"])
def test_the_file_can_be_named(source: str, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("[limits]\nsend_burst = 7\n")
    env = {"HUBBUB_CONFIG": "other.toml"} if source == "HUBBUB_CONFIG" else {}
    options = {"config": "other.toml"} if source == "option" else {}
    loaded = load(tmp_path, "port = 9\n", env, options)
    assert loaded.settings.limits.send_burst == 7
    assert loaded.settings.port == Settings().port
    assert str(loaded.origins["limits.send_burst"]) == "other.toml"


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    (line,) = refusals(tmp_path, options={"config": "absent.toml"})
    assert "absent.toml" in line
    assert "must be a file that can be read" in line


def test_what_is_not_toml_is_refused(tmp_path: Path) -> None:
    (line,) = refusals(tmp_path, "port = \n")
    assert "must be TOML" in line
    assert "line 1" in line


@pytest.mark.parametrize(
    ("toml", "env", "line"),
    [
        ("port = 70000", {}, "port = 70000 (from hubbub.toml): must be a whole number from 0 to 65_535"),
        ('port = "8080"', {}, 'port = "8080" (from hubbub.toml): must be a whole number from 0 to 65_535'),
        ("port = true", {}, "port = true (from hubbub.toml): must be a whole number from 0 to 65_535"),
        ("", {"HUBBUB_PORT": "x"}, 'port = "x" (from HUBBUB_PORT): must be a whole number from 0 to 65_535'),
        ("", {"HUBBUB_PORT": ""}, 'port = "" (from HUBBUB_PORT): must be a whole number from 0 to 65_535'),
        (
            "[limits]\nsend_per_second = -1",
            {},
            "limits.send_per_second = -1 (from hubbub.toml): must be a number from 0 to 1_000_000 (0: no limit)",
        ),
        (
            "[limits]\nsend_per_second = inf",
            {},
            "limits.send_per_second = inf (from hubbub.toml): must be a number from 0 to 1_000_000 (0: no limit)",
        ),
        (
            "",
            {"HUBBUB_LIMITS_SEND_PER_SECOND": "nan"},
            'limits.send_per_second = "nan" (from HUBBUB_LIMITS_SEND_PER_SECOND): must be a number from 0 to 1_000_000 (0: no limit)',
        ),
        (
            'direct_policy = "all"',
            {},
            'direct_policy = "all" (from hubbub.toml): must be one of anyone, friends',
        ),
        (
            'allowed_origins = "https://a.example"',
            {},
            'allowed_origins = "https://a.example" (from hubbub.toml): must be a list of texts',
        ),
        ("limits = 3", {}, "limits = 3 (from hubbub.toml): must be a table: [limits]"),
        (
            "[port]\nnumber = 3",
            {},
            'port = {"number":3} (from hubbub.toml): must be a whole number from 0 to 65_535',
        ),
    ],
)
def test_a_wrong_value_is_refused_with_key_value_origin_and_what_is_allowed(
    toml: str, env: dict[str, str], line: str, tmp_path: Path
) -> None:
    assert refusals(tmp_path, toml, env) == [line]


@pytest.mark.parametrize(
    ("toml", "env", "like"),
    [
        ("[limits]\nsend_per_sec = 1", {}, "limits.send_per_second"),
        ("send_burst = 1", {}, "limits.send_burst"),
        ("[limit]\nsend_burst = 1", {}, "limits.send_burst"),
        ("", {"HUBBUB_LIMIT_SEND_BURST": "1"}, "HUBBUB_LIMITS_SEND_BURST"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(
    toml: str, env: dict[str, str], like: str, tmp_path: Path
) -> None:
    (line,) = refusals(tmp_path, toml, env)
    assert line.endswith(f"is no setting; did you mean {like}?")


def test_an_unknown_name_like_nothing_is_refused_too(tmp_path: Path) -> None:
    (line,) = refusals(tmp_path, env={"HUBBUB_XYZZY": "1"})
    assert line == "HUBBUB_XYZZY (from HUBBUB_XYZZY): is no setting; `hubbub config` lists all there are"


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    lines = refusals(tmp_path, "port = -1\nnonsense = 2\n", {"HUBBUB_LOG_LEVEL": "loud"})
    assert len(lines) == 3


def test_variables_of_others_are_left_alone(tmp_path: Path) -> None:
    # Kubernetes describes Services named "hubbub" and "hubbub-tcp" to every pod in exactly such variables.
    env = {
        "HUBBUB_PORT": "tcp://10.0.0.7:8080",
        "HUBBUB_SERVICE_HOST": "10.0.0.7",
        "HUBBUB_SERVICE_PORT_HTTP": "8080",
        "HUBBUB_PORT_8080_TCP_ADDR": "10.0.0.7",
        "HUBBUB_TCP_PORT": "tcp://10.0.0.8:7000",
        "HUBBUB_TCP_SERVICE_PORT": "7000",
        "HUBBUB_TCP_PORT_7000_TCP_PROTO": "tcp",
        "HUBBUB_URL": "http://127.0.0.1:8080",
        "HUBBUB_API": "http://127.0.0.1:8080",
        "HUBBUB_CODEC": "protobuf",
        "HUBBUB_TOKEN": "secret",
        "HUBBUBBLE": "1",
        "PATH": "/bin",
    }
    assert load(tmp_path, env=env).settings == Settings()


@pytest.mark.parametrize(
    ("toml", "key"),
    [
        ('allowed_origins = ["https://a.example/"]', "allowed_origins"),
        ('allowed_origins = ["*"]', "allowed_origins"),
        ('trusted_proxies = ["proxy.example"]', "trusted_proxies"),
        ('trusted_proxies = ["10.0.0.1/8"]', "trusted_proxies"),
        ("tcp.proxy_protocol = true", "tcp.proxy_protocol"),
        ('public_url = "chat.example"', "public_url"),
        ('public_url = "https://chat.example:99999"', "public_url"),
        ('database_url = "oracle://x"', "database_url"),
        ('database_url = "sqlite"', "database_url"),
        ("internal_port = 8080", "internal_port"),
        ("tcp.port = 8080", "tcp.port"),
        ("tcp.port = 8081", "tcp.port"),
        ('tcp.host = ""', "tcp.host"),
        ('tcp.key_file = "hubbub.toml"\ntcp.certificate_file = "no.pem"', "tcp.certificate_file"),
        ('tcp.key_file = "no.pem"\ntcp.certificate_file = "hubbub.toml"', "tcp.key_file"),
        ('host = ""', "host"),
        ('data = ""', "data"),
        ('data = "hubbub.toml"', "data"),
        ('auth.secret = "short"', "auth.secret"),
        ("auth.argon2_memory_kib = 8\nauth.argon2_parallelism = 2", "auth.argon2_memory_kib"),
        ("limits.send_burst = 0", "limits.send_burst"),
    ],
)
def test_values_that_cannot_work_are_refused(
    toml: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (line,) = refusals(tmp_path, toml)
    assert line.startswith(key)
    assert "(from hubbub.toml)" in line


def test_two_free_ports_are_no_clash(tmp_path: Path) -> None:
    assert load(tmp_path, "port = 0\ninternal_port = 0\n").settings.internal_port == 0


def test_secrets_are_masked_in_refusals(tmp_path: Path) -> None:
    lines = refusals(tmp_path, 'auth.secret = "swordfish"\ndatabase_url = "oracle://me:swordfish@db/x"\n')
    assert len(lines) == 2
    assert "swordfish" not in "\n".join(lines)


def test_zero_means_no_limit() -> None:
    assert bound(0) == float("inf")
    assert bound(5) == 5


@given(
    st.dictionaries(
        st.sampled_from(sorted(keys.KEYS)), st.just("x") | st.integers() | st.floats(), max_size=3
    )
)
def test_whatever_is_given_is_taken_or_refused(options: dict[str, object]) -> None:
    outcome = taken_or_refused(options)
    if isinstance(outcome, Loaded):
        in_force = dict(keys.flatten(outcome.settings))
        assert {name: in_force[name] for name in options} == options
    else:
        assert {problem.key for problem in outcome.problems} <= set(keys.KEYS)


def taken_or_refused(options: dict[str, object]) -> Loaded | SettingsRefused:
    try:
        return load_settings(options, {}, Path("/nonexistent"))
    except SettingsRefused as refused:
        return refused
