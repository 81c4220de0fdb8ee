"""The workspace: found, made once, and told apart from what is none."""

import pytest

from engine.errors import BadSettings, FolderUnwritable, NoWorkspace, WorkspaceThere
from engine.privacy.keys import KeyFile
from engine.store.errors import KeysOfAnotherLog, LogNewer, NoKeys, NoLog
from engine.workspace import Workspace, opened
from events.faults import Fault


@pytest.fixture
def folder(tmp_path):
    Workspace.init(tmp_path / "sales", "Europe/Berlin", "CHF")
    return tmp_path / "sales"


def test_init_makes_settings_log_and_keys(folder):
    assert sorted(file.name for file in folder.iterdir() if "-" not in file.name) == [
        "keys.db",
        "leadlog.toml",
        "log.db",
    ]
    workspace = Workspace.find(folder)
    assert (workspace.settings.zone, workspace.settings.currency) == ("Europe/Berlin", "CHF")


def test_init_leaves_a_workspace_alone(folder):
    with pytest.raises(WorkspaceThere):
        Workspace.init(folder)


def test_init_refuses_what_is_no_zone_or_currency_and_makes_nothing(tmp_path):
    with pytest.raises((Fault, BadSettings), match="IANA"):
        Workspace.init(tmp_path / "a", "Berlin")
    with pytest.raises(BadSettings, match="4217"):
        Workspace.init(tmp_path / "b", currency="euro")
    assert list(tmp_path.iterdir()) == []


def test_init_where_nothing_can_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnwritable):
        Workspace.init(tmp_path / "file" / "sales")


def test_it_is_found_from_the_folders_below(folder, monkeypatch):
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    monkeypatch.delenv("LEADLOG_WORKSPACE", raising=False)
    with opened() as workspace:
        assert workspace.folder == folder


def test_the_environment_names_it(folder, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADLOG_WORKSPACE", str(folder))
    with opened() as workspace:
        assert workspace.folder == folder


def test_where_there_is_none_it_says_how_to_make_one(tmp_path, monkeypatch):
    monkeypatch.delenv("LEADLOG_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoWorkspace, match="leadlog init"), opened():
        pass


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("zone = ", "TOML"),
        ('zone = "Mars/Base"', "zone"),
        ('curency = "EUR"', "curency"),
        ("[source.crm]\ntrusted = 1", "source.crm.trusted"),
        ('[source.crm]\nunknown = "drop"', "unknown"),
    ],
)
def test_a_slip_in_the_settings_is_named(folder, settings, said):
    (folder / "leadlog.toml").write_text(settings)
    with pytest.raises(BadSettings, match=said):
        Workspace.find(folder)


def test_a_log_that_is_gone(folder):
    (folder / "log.db").unlink()
    with pytest.raises(NoLog), opened(folder) as workspace:
        workspace.log.head()


def test_a_key_file_that_is_gone(folder):
    (folder / "keys.db").unlink()
    with pytest.raises(NoKeys), opened(folder) as workspace:
        workspace.log.head()


def test_the_key_file_of_another_log(folder):
    (folder / "keys.db").unlink()
    KeyFile.create(folder / "keys.db").close()
    with pytest.raises(KeysOfAnotherLog), opened(folder) as workspace:
        workspace.log.head()


def test_a_log_of_a_newer_program(folder):
    with opened(folder) as workspace, workspace.log.reading() as reading:
        reading.execute("PRAGMA user_version")
    import sqlite3

    connection = sqlite3.connect(folder / "log.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LogNewer, match="newer"), opened(folder) as workspace:
        workspace.log.head()


def test_what_is_declared_of_a_source(folder):
    settings = folder / "leadlog.toml"
    settings.write_text(
        settings.read_text()
        + '\n[source.crm]\ntrusted = true\nzone = "America/Chicago"\nearliest = 2020-01-01\nunknown = "keep"\n'
    )
    workspace = Workspace.find(folder)
    crm, other = workspace.sender_of("crm"), workspace.sender_of("web")
    assert (crm.trusted, crm.archive, crm.unknown, str(crm.zone), str(crm.days)) == (
        True, False, "keep", "America/Chicago", "America/Chicago",
    )  # fmt: skip
    assert (other.trusted, other.zone, str(other.days)) == (False, None, "Europe/Berlin")
    assert crm.earliest > other.earliest
