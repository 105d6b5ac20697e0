"""Files with what people write: read by the rule of that, looked through, hostile ones refused."""

import io

import pytest
from sqlalchemy import func, select

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.files.models import StoredFile
from labapp.files.storage import MEGABYTE
from labapp.labs import attachments, contributions
from labapp.labs.contribution_states import ContributionAction
from labapp.labs.finding_states import FindingAction
from labapp.labs.lab_models import LabVisibility
from labapp.labs.question_models import QuestionVisibility
from labapp.labs.thread_models import Attachment
from tests.files.content import PDF, packed, real_sheet, word
from tests.labs.factories import QuestionFactory, RoundFactory
from tests.labs.findings import make_finding, signed, step
from tests.labs.talking import begin
from tests.subsidy.api_document import check_answer

CLEAN = b"Vrij lezen: een kwartier per dag."
PUPIL = "Het BSN is 111222333."


@pytest.fixture
def said(cast):
    return begin(cast.teacher, cast.lab)


def add(user, name, content=CLEAN, filename="opzet.txt", **extra):
    db.session.commit()
    stream = io.BytesIO(content)
    actor = Actor.of(user) if user else Actor.visitor()
    return attachments.add_attachment(actor, name, stream, filename, **extra).attachment


def send(client, name, content, filename="opzet.txt", **form):
    data = {"bij": name, "file": (io.BytesIO(content), filename), **form}
    return client.post("/bijlagen", data=data, content_type="multipart/form-data")


def count():
    return db.session.scalar(select(func.count()).select_from(Attachment))


def name_of(said):
    return f"contributions:{said.id}"


def test_a_file_is_read_by_who_reads_what_it_hangs_on(cast, said, browse):
    file = add(cast.teacher, name_of(said), title="Opzet")
    page = f"/bijlagen/{file.id}"

    answer = browse(cast.researcher).get(page, buffered=True)

    assert answer.data == CLEAN
    assert answer.headers["Content-Disposition"] == "attachment; filename=opzet.txt"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for user in (cast.outsider, cast.bystander):
        assert browse(user).get(page).status_code == 404
    assert browse().get(page).status_code == 404
    cast.lab.visibility = LabVisibility.PUBLIC
    db.session.commit()
    assert browse().get(page, buffered=True).data == CLEAN


def test_the_files_of_words_that_are_hidden_or_removed_are_gone(cast, said, as_actor):
    file = add(cast.teacher, name_of(said))
    stored_id = file.file_id

    contributions.perform(
        as_actor(cast.practice_lead), said, ContributionAction.HIDE, reason="Namen."
    )
    for user in (cast.researcher, cast.leader):
        with pytest.raises(NotFoundError):
            attachments.get_attachment(as_actor(user), file.id)
    assert attachments.get_attachment(as_actor(cast.teacher), file.id).id == file.id
    contributions.perform(
        as_actor(cast.practice_lead), said, ContributionAction.RESTORE, reason="Toch niet."
    )
    contributions.perform(as_actor(cast.teacher), said, ContributionAction.REMOVE)

    with pytest.raises(NotFoundError):
        attachments.get_attachment(as_actor(cast.practice_lead), file.id)
    assert db.session.get(StoredFile, stored_id).removed_at is not None


def test_who_may_add_differs_by_what_it_is(cast, said, as_actor, knowledge_broker):
    one = RoundFactory(lab=cast.lab)
    question = QuestionFactory(asker=cast.bystander, acting_for=cast.school)
    finding = make_finding(cast).finding
    may = {
        name_of(said): {"teacher"},
        f"rounds:{one.id}": {"teacher", "researcher", "practice_lead"},
        f"findings:{finding.id}": {"teacher", "researcher", "practice_lead"},
        f"labs:{cast.lab.id}": {"teacher", "researcher", "practice_lead", "leader"},
        f"questions:{question.id}": {"bystander", "broker"},
    }
    people = {
        name: getattr(cast, name)
        for name in ("teacher", "researcher", "practice_lead", "leader", "bystander", "outsider")
    } | {"broker": knowledge_broker, "visitor": None}
    wrong = []
    for name, allowed in may.items():
        for who, user in people.items():
            try:
                add(user, name)
                got = True
            except (ForbiddenError, NotFoundError):
                got = False
            if got is not (who in allowed):
                wrong.append((name, who, got))

    assert wrong == []


def test_a_question_for_the_school_keeps_its_files_in_the_school(cast, as_actor):
    question = QuestionFactory(
        asker=cast.bystander, acting_for=cast.school, visibility=QuestionVisibility.ORGANISATION
    )
    file = add(cast.bystander, f"questions:{question.id}")

    assert attachments.get_attachment(as_actor(cast.leader), file.id).id == file.id
    with pytest.raises(NotFoundError):
        attachments.get_attachment(as_actor(cast.outsider), file.id)


def test_the_files_of_a_draft_come_out_with_it_and_then_stay(cast, as_actor, knowledge_broker):
    made = make_finding(cast)
    name = f"findings:{made.finding_id}"
    before = add(cast.teacher, name)
    with pytest.raises(NotFoundError):
        attachments.get_attachment(as_actor(), before.id)

    signed(cast, made)
    out = step(knowledge_broker, made, FindingAction.PUBLISH, no_interest=True)

    assert attachments.get_attachment(as_actor(), before.id).id == before.id
    with pytest.raises(ForbiddenError):
        attachments.remove_attachment(as_actor(cast.teacher), before)
    with pytest.raises(ForbiddenError):
        add(cast.teacher, name)
    step(cast.practice_lead, out, FindingAction.START_VERSION, reason="Nieuwe cijfers.")
    later = add(cast.teacher, name)
    assert [one.id for one in attachments.list_attachments(as_actor(), name)] == [before.id]
    assert len(attachments.list_attachments(as_actor(cast.teacher), name)) == 2
    attachments.remove_attachment(as_actor(cast.teacher), later)


def test_one_takes_away_ones_own_file_and_a_lead_any(cast, as_actor):
    one = RoundFactory(lab=cast.lab)
    mine, other = (add(cast.teacher, f"rounds:{one.id}") for _ in range(2))

    with pytest.raises(ForbiddenError):
        attachments.remove_attachment(as_actor(cast.researcher), mine)
    attachments.remove_attachment(as_actor(cast.teacher), mine)
    attachments.remove_attachment(as_actor(cast.research_lead), other)

    assert attachments.list_attachments(as_actor(cast.teacher), f"rounds:{one.id}") == []
    with pytest.raises(ConflictError):
        attachments.remove_attachment(as_actor(cast.teacher), mine)


@pytest.mark.parametrize(
    ("content", "filename", "title"),
    [
        (PUPIL.encode(), "opzet.txt", ""),
        (real_sheet(["Naam", "BSN"], ["Sanne de Vries", "111222333"]), "klas.xlsx", ""),
        (CLEAN, "opzet.txt", PUPIL),
        (CLEAN, "bsn 111222333.txt", ""),
    ],
)
def test_data_of_pupils_are_kept_only_after_somebody_looked(cast, said, content, filename, title):
    with pytest.raises(InvalidError) as refusal:
        add(cast.teacher, name_of(said), content, filename, title=title)
    assert "111222333" not in str(refusal.value.fields)
    assert "pupil_data" in refusal.value.fields
    assert (count(), db.session.scalar(select(func.count()).select_from(StoredFile))) == (0, 0)

    file = add(cast.teacher, name_of(said), content, filename, title=title, confirmed=True)

    assert "bsn" in file.warned_of or "column" in file.warned_of


def test_the_page_warns_with_a_box_to_confirm_and_keeps_the_title(cast, said, browse):
    client = browse(cast.teacher)

    refused = send(client, name_of(said), PUPIL.encode(), title="Opzet van groep zes")
    kept = send(client, name_of(said), PUPIL.encode(), title="Opzet", confirmed="1")

    assert refused.status_code == 422
    assert "Ik heb dit bekeken, bewaar toch" in refused.text
    assert 'value="Opzet van groep zes"' in refused.text
    assert "111222333" not in refused.text
    assert kept.status_code == 303
    page = client.get(f"/gesprekken/{said.thread_id}").text
    assert "Opzet" in page
    assert f"/bijlagen/{db.session.scalars(select(Attachment.id)).one()}" in page


HOSTILE = {
    "a program with another name": (b"MZ\x90\x00" + b"\0" * 400, "verslag.pdf"),
    "a drawing with a script": (b"<svg><script>alert(1)</script></svg>", "tekening.svg"),
    "the same as text": (b"<svg><script>alert(1)</script></svg>", "tekening.txt"),
    "a bomb": (packed({"[Content_Types].xml": "0" * 60_000_000}), "groot.xlsx"),
    "macros": (word(**{"word/vbaProject.bin": "x"}), "opzet.docx"),
    "nothing": (b"", "leeg.txt"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_in_words(cast, said, browse, kind):
    content, filename = HOSTILE[kind]

    answer = send(browse(cast.teacher), name_of(said), content, filename)

    assert answer.status_code == 422
    assert 'id="fout-file"' in answer.text
    assert count() == 0


def test_a_path_in_a_name_leads_nowhere(cast, said, browse):
    send(browse(cast.teacher), name_of(said), PDF, "..\\..\\etc/../pass<wd>.exe.pdf")

    assert db.session.scalars(select(StoredFile.name)).one() == "pass_wd__exe.pdf"


@pytest.mark.parametrize("path", ["/bijlagen", "/api/v1/attachments"])
def test_a_gigabyte_is_refused_before_it_is_read(app, cast, said, browse, path):
    _row, text = tokens.create_token(
        Actor.of(cast.teacher), name="T", scopes=("labs:write",), days=1
    )
    options = {
        "content_type": "multipart/form-data; boundary=x",
        "environ_overrides": {"CONTENT_LENGTH": str(2**30)},
        "headers": {"Authorization": f"Bearer {text}"},
    }

    answer = browse(cast.teacher).post(path, **options)

    assert answer.status_code == 413


def test_what_is_larger_than_it_may_be_is_not_read_to_its_end(cast, said, browse, monkeypatch):
    monkeypatch.setattr("labapp.files.services.chosen.largest", MEGABYTE // 8)

    answer = send(browse(cast.teacher), name_of(said), b"a" * (MEGABYTE // 4))

    assert answer.status_code == 422
    assert "groter dan" in answer.text


def test_an_object_has_ten_files_at_most(cast, said, as_actor):
    for _ in range(attachments.MOST):
        add(cast.teacher, name_of(said))

    with pytest.raises(InvalidError):
        add(cast.teacher, name_of(said))
    assert count() == attachments.MOST


def test_the_files_of_a_lab_take_no_more_than_is_set(cast, said, monkeypatch):
    monkeypatch.setattr(attachments.room, "most", 2 * len(CLEAN))
    add(cast.teacher, name_of(said))
    second = add(cast.teacher, name_of(said))

    with pytest.raises(InvalidError):
        add(cast.practice_lead, f"labs:{cast.lab.id}")
    attachments.remove_attachment(Actor.of(cast.teacher), second)
    assert add(cast.practice_lead, f"labs:{cast.lab.id}").id


def test_over_the_api_a_file_is_added_listed_opened_and_taken_away(app, cast, said):
    def call(user, method, path, **options):
        _row, text = tokens.create_token(
            Actor.of(user), name="T", scopes=("labs:read", "labs:write"), days=1
        )
        answer = app.test_client().open(
            f"/api/v1{path}",
            method=method,
            headers={"Authorization": f"Bearer {text}"},
            buffered=True,
            **options,
        )
        check_answer(app, method, path, answer)
        return answer

    def upload(content, **extra):
        data = {"object": name_of(said), "file": (io.BytesIO(content), "opzet.txt"), **extra}
        return call(
            cast.teacher, "POST", "/attachments", data=data, content_type="multipart/form-data"
        )

    refused, made = upload(PUPIL.encode()), upload(CLEAN, title="Opzet")
    path = made.headers["Location"].removeprefix("/api/v1")
    listed = call(cast.researcher, "GET", f"/attachments?object={name_of(said)}")

    assert (refused.status_code, list(refused.json["errors"])) == (422, ["pupil_data"])
    assert made.status_code == 201
    assert [one["title"] for one in listed.json["items"]] == ["Opzet"]
    assert call(cast.researcher, "GET", path).json["size"] == len(CLEAN)
    assert call(cast.researcher, "GET", f"{path}/file").data == CLEAN
    assert call(cast.outsider, "GET", f"{path}/file").status_code == 404
    assert call(cast.outsider, "GET", f"/attachments?object={name_of(said)}").status_code == 404
    assert call(cast.researcher, "DELETE", path).status_code == 403
    assert call(cast.teacher, "DELETE", path).status_code == 204
    assert call(cast.teacher, "GET", path).status_code == 404
